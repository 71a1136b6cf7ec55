using E2EEvents.Grains.Region;

namespace E2EEvents.Grains.Feeds;

/// <summary>
/// The watermarks of one feed. What the silo could vouch for when a round began may be told once all of that round has been sent. Guarded by the feed's lock.
/// </summary>
internal sealed class FeedFreshness(SiloFreshness silo)
{
    private long _hereAtBegin;
    private long _here;
    private long[] _upstreamsAtBegin = [];
    private long[] _upstreams = [];
    private long[] _told = [];
    private long[] _laggingAtBegin = [];
    private long[] _lagging = [];

    /// <summary>True if an upstream's watermark can be told that no answer has told yet. This region's own rises all the time and is no reason to answer.</summary>
    public bool HasNews
    {
        get
        {
            for (var i = 0; i < _upstreams.Length; i++)
            {
                if (_upstreams[i] > (i < _told.Length ? _told[i] : 0)) return true;
            }

            return false;
        }
    }

    /// <summary>Notes what the silo vouches for now.</summary>
    public void BeginRound(Dictionary<long, Follow> follows)
    {
        _hereAtBegin = silo.Now;
        var upstreams = silo.Upstreams;
        if (_upstreamsAtBegin.Length != upstreams.Length) _upstreamsAtBegin = new long[upstreams.Length];
        for (var i = 0; i < upstreams.Length; i++) _upstreamsAtBegin[i] = upstreams[i].FreshAt;
        _laggingAtBegin = LaggingNow(follows); // after the watermarks: who lagged when they were told still shows here, or was caught up by then
    }

    /// <summary>All of the round has been sent.</summary>
    public void EndRound()
    {
        _here = Math.Max(_here, _hereAtBegin);
        if (_upstreams.Length < _upstreamsAtBegin.Length) Array.Resize(ref _upstreams, _upstreamsAtBegin.Length);
        for (var i = 0; i < _upstreamsAtBegin.Length; i++) _upstreams[i] = Math.Max(_upstreams[i], _upstreamsAtBegin[i]);
        _lagging = _laggingAtBegin;
    }

    /// <summary>The watermarks for an answer.</summary>
    public Watermark[] Told()
    {
        if (_told.Length != _upstreams.Length) _told = new long[_upstreams.Length];
        _upstreams.CopyTo(_told, 0);
        var homes = silo.Upstreams;
        var told = new Watermark[1 + _upstreams.Length];
        told[0] = new Watermark(silo.Here, _here, silo.Now);
        for (var i = 0; i < _upstreams.Length; i++) told[i + 1] = new Watermark(homes[i].Home, _upstreams[i], homes[i].HomeNow);
        return told;
    }

    /// <summary>The watermarks of an answer that is sent again, with the clocks of now.</summary>
    public Watermark[] Resent(Watermark[] watermarks) => Array.ConvertAll(watermarks, watermark =>
        watermark with { HomeNow = watermark.Home == silo.Here ? silo.Now : silo.Of(watermark.Home).HomeNow });

    /// <summary>Follows that the watermarks of <see cref="Told"/> do not vouch for.</summary>
    public long[] Lagging(Dictionary<long, Follow> follows)
    {
        var now = LaggingNow(follows);
        if (_lagging.Length == 0) return now;
        var both = new HashSet<long>(_lagging);
        both.UnionWith(now);
        return [.. both];
    }

    private long[] LaggingNow(Dictionary<long, Follow> follows)
    {
        if (silo.Lagging == 0) return [];
        var lagging = new List<long>();
        foreach (var (number, follow) in follows)
        {
            if (follow.Log.IsLagging) lagging.Add(number);
        }

        return [.. lagging];
    }
}
