namespace E2EEvents.Load.Clients;

/// <summary>All connections of a run over all loops.</summary>
internal sealed class Crowd : IDisposable
{
    private readonly ClientLoop[] _loops;
    private readonly TopicSet _topics;
    private readonly Clock _clock;
    private readonly string _transport;
    private readonly List<ClientConnection> _all = [];

    public Crowd(int threads, string transport, Target target, TopicSet topics, Clock clock, string query, TimeSpan pollEvery)
    {
        (_topics, _clock, _transport) = (topics, clock, transport);
        _loops = new ClientLoop[threads];
        for (var i = 0; i < threads; i++) _loops[i] = new ClientLoop(target, topics, clock, query, pollEvery);
    }

    public int OpenCount
    {
        get
        {
            var count = 0;
            foreach (var loop in _loops) count += loop.OpenCount;
            return count;
        }
    }

    private int JoinedCount
    {
        get
        {
            var count = 0;
            foreach (var loop in _loops) count += loop.JoinedCount;
            return count;
        }
    }

    /// <summary>Opens more connections and waits until all have joined or are lost.</summary>
    /// <param name="count">How many.</param>
    /// <param name="perSecond">Pace; 0 = all at once.</param>
    /// <param name="neverRead">They stop reading once they have joined.</param>
    /// <param name="deadline">Longest wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Connections that joined; fewer than asked for if some were lost or the deadline passed.</returns>
    public async Task<int> OpenAsync(int count, double perSecond, bool neverRead, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var before = JoinedCount;
        var lost = await LostCountAsync();
        var started = _clock.Timestamp;
        var shares = new List<ClientConnection>[_loops.Length];
        for (var i = 0; i < shares.Length; i++) shares[i] = [];
        for (var i = 0; i < count; i++)
        {
            var loop = _all.Count % _loops.Length;
            var connection = Create(_loops[loop], _all.Count, neverRead);
            _all.Add(connection);
            shares[loop].Add(connection);
        }

        for (var i = 0; i < shares.Length; i++) await _loops[i].OpenAsync(shares[i], perSecond / _loops.Length);
        while (JoinedCount - before < count && _clock.Time.GetElapsedTime(started) < deadline)
        {
            await _clock.DelayAsync(TimeSpan.FromMilliseconds(10), cancellationToken);
            if (JoinedCount - before + await LostCountAsync() - lost >= count) break;
        }

        return JoinedCount - before;
    }

    public async Task MeasureAsync(bool on)
    {
        foreach (var loop in _loops) await loop.MeasureAsync(on);
    }

    /// <summary>Figures so far, of all loops.</summary>
    public async Task<Figures> FiguresAsync()
    {
        var sum = new Figures();
        foreach (var loop in _loops) await loop.InvokeAsync(() => sum.Add(loop.Figures));
        return sum;
    }

    /// <summary>Waits until nothing was delivered for half a second, at most <paramref name="longest"/>.</summary>
    public async Task QuietAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        var started = _clock.Timestamp;
        while (_clock.Time.GetElapsedTime(started) < longest)
        {
            await _clock.DelayAsync(TimeSpan.FromMilliseconds(100), cancellationToken);
            var latest = started;
            foreach (var loop in _loops) latest = Math.Max(latest, loop.LastDelivery);
            if (_clock.Time.GetElapsedTime(latest) > TimeSpan.FromMilliseconds(500)) return;
        }
    }

    /// <summary>Open, reading connections that stand behind the newest offset that any of them has of the same topic. To be asked when the source is quiet.</summary>
    public async Task<int> CountBehindAsync()
    {
        var newest = new Position[_topics.Count];
        var behind = 0;
        foreach (var loop in _loops) await loop.InvokeAsync(() => ForEachPosition(loop, (_, topic, position) => Raise(ref newest[topic], position)));
        foreach (var loop in _loops) await loop.InvokeAsync(() => ForEachPosition(loop, (_, topic, position) => behind += position == newest[topic] ? 0 : 1));
        return behind;

        static void Raise(ref Position newest, Position position)
        {
            if (position.Epoch != newest.Epoch || position.Offset > newest.Offset) newest = position;
        }
    }

    /// <summary>Connections lost so far.</summary>
    public async Task<int> LostCountAsync()
    {
        var count = 0;
        foreach (var loop in _loops)
        {
            await loop.InvokeAsync(() =>
            {
                foreach (var (_, lost) in loop.Figures.Losses) count += lost;
            });
        }

        return count;
    }

    public async Task CloseAllAsync()
    {
        foreach (var loop in _loops) await loop.CloseAllAsync();
        _all.Clear();
    }

    public void Dispose()
    {
        foreach (var loop in _loops) loop.Dispose();
    }

    private void ForEachPosition(ClientLoop loop, Action<ClientConnection, int, Position> use)
    {
        for (var i = 0; i < _all.Count; i++)
        {
            if (i % _loops.Length != Array.IndexOf(_loops, loop) || !_all[i].IsOpen || _all[i].NeverReads) continue;
            for (var slot = 0; slot < _topics.PerConnection; slot++) use(_all[i], _topics.TopicOf(_all[i].Number, slot), _all[i].PositionOf(slot));
        }
    }

    private ClientConnection Create(ClientLoop loop, int number, bool neverReads) => _transport switch
    {
        "websocket" => new WebSocketConnection(loop, number) { NeverReads = neverReads },
        "sse" => new SseConnection(loop, number) { NeverReads = neverReads },
        "longpoll" => new LongPollConnection(loop, number) { NeverReads = neverReads },
        _ => new PollConnection(loop, number) { NeverReads = neverReads },
    };
}
