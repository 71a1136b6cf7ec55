namespace E2EEvents.Load.Clients;

/// <summary>The connections of one process over its loops: every <c>step</c>-th of a run's, from <c>first</c> on.</summary>
internal sealed class Crowd : ICrowd
{
    private readonly ClientLoop[] _loops;
    private readonly TopicSet _topics;
    private readonly Clock _clock;
    private readonly string _transport;
    private readonly List<ClientConnection> _all = [];
    private readonly int _first;
    private readonly int _step;

    public Crowd(int threads, string transport, Target target, TopicSet topics, Clock clock, string query, TimeSpan pollEvery, int first = 0, int step = 1)
    {
        (_topics, _clock, _transport, _first, _step) = (topics, clock, transport, first, step);
        _loops = new ClientLoop[threads];
        for (var i = 0; i < threads; i++) _loops[i] = new ClientLoop(target, topics, clock, query, pollEvery);
    }

    public IReadOnlyList<int> ProcessIds => [];

    private int JoinedCount
    {
        get
        {
            var count = 0;
            foreach (var loop in _loops) count += loop.JoinedCount;
            return count;
        }
    }

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
            var connection = Create(_loops[loop], _first + (_all.Count * _step), neverRead);
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

    public async Task<Figures> FiguresAsync()
    {
        var sum = new Figures();
        foreach (var loop in _loops) await loop.InvokeAsync(() => sum.Add(loop.Figures));
        return sum;
    }

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

    public async Task<int> CountBehindAsync() => await CountBehindAsync(await NewestAsync());

    /// <summary>The newest position that any connection has, by topic.</summary>
    public async Task<Position[]> NewestAsync()
    {
        var newest = new Position[_topics.Count];
        foreach (var loop in _loops) await loop.InvokeAsync(() => ForEachPosition(loop, (_, topic, position) => newest[topic] = Later(newest[topic], position)));
        return newest;
    }

    /// <summary>Topics of open, reading connections that do not stand at a position.</summary>
    public async Task<int> CountBehindAsync(Position[] newest)
    {
        var behind = 0;
        foreach (var loop in _loops) await loop.InvokeAsync(() => ForEachPosition(loop, (_, topic, position) => behind += position == newest[topic] ? 0 : 1));
        return behind;
    }

    public static Position Later(Position a, Position b) => b.Epoch != 0 && (b.Epoch != a.Epoch || b.Offset > a.Offset) ? b : a;

    /// <summary>Connections lost so far.</summary>
    private async Task<int> LostCountAsync()
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

    public ValueTask DisposeAsync()
    {
        foreach (var loop in _loops) loop.Dispose();
        return default;
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
