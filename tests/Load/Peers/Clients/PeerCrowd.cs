using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>The subscribers of one client process: every <c>step</c>-th of all, from <c>first</c> on.</summary>
internal sealed class PeerCrowd : IDisposable
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(60);

    private readonly ClientLoop _loop;
    private readonly PeerProtocol _protocol;
    private readonly Clock _clock;
    private readonly int _first;
    private readonly int _step;
    private readonly List<PeerConnection> _all = [];

    public PeerCrowd(Target target, TopicSet topics, PeerProtocol protocol, int first, int step, Clock clock)
    {
        (_protocol, _first, _step, _clock) = (protocol, first, step, clock);
        _loop = new ClientLoop(target, topics, clock, "", TimeSpan.FromSeconds(1));
    }

    /// <summary>Opens subscribers at a pace and waits until all have joined or are lost.</summary>
    /// <returns>How many joined.</returns>
    public async Task<int> OpenAsync(int count, double perSecond, Probes? probes, int probeCount)
    {
        var before = _loop.JoinedCount;
        var opened = new List<PeerConnection>(count);
        for (var i = 0; i < count; i++)
        {
            // Spread over all, the last among them.
            var isProbe = probes is not null && (long)(i + 1) * probeCount / count > (long)i * probeCount / count;
            opened.Add(new PeerConnection(_loop, _first + ((_all.Count + i) * _step), _protocol, isProbe ? probes![(int)((long)i * probeCount / count)] : null));
        }

        _all.AddRange(opened);
        var started = _clock.Timestamp;
        await _loop.OpenAsync(opened, perSecond);
        while (_loop.JoinedCount - before < count && _clock.Time.GetElapsedTime(started) < JoinLimit + TimeSpan.FromSeconds(count / perSecond))
        {
            await _clock.DelayAsync(TimeSpan.FromMilliseconds(20), CancellationToken.None);
        }

        return _loop.JoinedCount - before;
    }

    public Task MeasureAsync(bool on) => _loop.MeasureAsync(on);

    public async Task<FiguresWire> FiguresAsync(double seconds)
    {
        FiguresWire? figures = null;
        await _loop.InvokeAsync(() => figures = _loop.Figures.ToWire(seconds));
        return figures!;
    }

    /// <summary>Waits until every subscriber has the last update of each of its topics, at most <paramref name="longest"/>.</summary>
    /// <param name="last">Numbers of the last updates, by topic.</param>
    /// <param name="longest">Longest wait.</param>
    /// <returns>Topics of subscribers that did not get theirs.</returns>
    public async Task<int> BehindAsync(long[] last, TimeSpan longest)
    {
        var started = _clock.Timestamp;
        while (true)
        {
            var behind = 0;
            await _loop.InvokeAsync(() => behind = CountBehind(last));
            if (behind == 0 || _clock.Time.GetElapsedTime(started) > longest) return behind;
            await _clock.DelayAsync(TimeSpan.FromMilliseconds(50), CancellationToken.None);
        }
    }

    public async Task CloseAllAsync()
    {
        await _loop.CloseAllAsync();
        _all.Clear();
    }

    public void Dispose() => _loop.Dispose();

    private int CountBehind(long[] last)
    {
        var behind = 0;
        foreach (var connection in _all)
        {
            if (!connection.IsOpen) continue;
            for (var slot = 0; slot < _loop.Topics.PerConnection; slot++)
            {
                if (connection.NumberOf(slot) != last[_loop.Topics.TopicOf(connection.Number, slot)]) behind++;
            }
        }

        return behind;
    }
}
