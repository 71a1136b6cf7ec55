namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>
/// What a link may say about freshness. Every <see cref="Interval"/> the topics' own freshness is noted at the beginning of a round of
/// <see cref="LinkSender"/>, and told at its end: a watermark never overtakes the data it speaks for, and none is made up here.
/// Topics that lag behind the others are said to be stale first, so that they don't hold the others' watermark back.
/// </summary>
internal sealed class LinkFreshness(TimeProvider time, TimeSpan lagLimit)
{
    /// <summary>Time between two watermarks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly List<(LinkedTopic Topic, long FreshAt)> _fit = [];
    private readonly List<LinkedTopic> _unfit = [];
    private readonly Dictionary<string, long> _told = [];
    private readonly Dictionary<string, (long Lowest, Feeds.HomeClock Clock)> _lowest = [];
    private long _notedAt = long.MinValue / 2;
    private bool _isNoted;

    /// <summary>True while there is something to tell before anything else is sent.</summary>
    public bool IsDue => Stale.Count > 0 || Fresh.Count > 0 || Watermarks.Count > 0;

    /// <summary>Subscriptions that the next watermarks don't speak for; told first.</summary>
    public List<long> Stale { get; } = [];

    /// <summary>Told second.</summary>
    public List<Watermark> Watermarks { get; } = [];

    /// <summary>Subscriptions that the watermarks speak for again; told last.</summary>
    public List<long> Fresh { get; } = [];

    /// <summary>All of it has been told.</summary>
    public void Told()
    {
        Stale.Clear();
        Watermarks.Clear();
        Fresh.Clear();
    }

    public void BeginRound(IEnumerable<KeyValuePair<long, LinkedTopic>> topics)
    {
        var now = time.GetTimestamp();
        if (_isNoted || IsDue || time.GetElapsedTime(_notedAt, now) < Interval) return;
        (_isNoted, _notedAt) = (true, now);
        _fit.Clear();
        _unfit.Clear();
        foreach (var (_, topic) in topics)
        {
            var freshAt = topic.Topic.FreshAt;
            var clock = topic.Topic.Clock;
            var isFit = clock is not null && !topic.Channel.IsStale && (clock.Now - freshAt) * TimeSpan.TicksPerMicrosecond <= lagLimit.Ticks
                && (topic.IsCaughtUp || !topic.IsTold) && freshAt >= _told.GetValueOrDefault(clock.Home);
            if (isFit) _fit.Add((topic, freshAt));
            else _unfit.Add(topic);
        }
    }

    public void EndRound()
    {
        if (!_isNoted) return;
        _isNoted = false;
        _lowest.Clear();
        foreach (var (topic, freshAt) in _fit)
        {
            if (topic.IsOver || !topic.IsCaughtUp) continue;
            var clock = topic.Topic.Clock!;
            _lowest[clock.Home] = _lowest.TryGetValue(clock.Home, out var known) && known.Lowest < freshAt ? known : (freshAt, clock);
        }

        foreach (var (topic, _) in _fit) Sort(topic, isFit: topic.IsCaughtUp);
        foreach (var topic in _unfit) Sort(topic, isFit: false);
        foreach (var (home, (lowest, clock)) in _lowest)
        {
            if (lowest <= _told.GetValueOrDefault(home)) continue;
            _told[home] = lowest;
            Watermarks.Add(new Watermark(home, lowest, clock.Now));
        }
    }

    private void Sort(LinkedTopic topic, bool isFit)
    {
        if (topic.IsOver || topic.IsVouched == isFit) return;

        // When all of a home lags its watermark stands still, which says it all.
        if (!isFit && (topic.Topic.Clock is not { } clock || !_lowest.ContainsKey(clock.Home))) return;
        topic.IsVouched = isFit;
        (isFit ? Fresh : Stale).Add(topic.Sub);
    }
}
