using System.Collections.Concurrent;
using E2EEvents.Load.Sockets;

namespace E2EEvents.Load.Clients;

/// <summary>One thread that drives its share of the connections with one buffer. Connections are opened at a given pace.</summary>
internal sealed class ClientLoop : IDisposable
{
    private const int OpenAtOnce = 32; // between two looks at what has arrived, so that opening many does not delay their answers

    private readonly Epoll _epoll = new();
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly List<SocketConnection?> _table = [];
    private readonly Queue<SocketConnection> _toOpen = new();
    private readonly PriorityQueue<SocketConnection, long> _timers = new();
    private readonly Thread _thread;
    private double _openPerMicrosecond;
    private long _openSince;
    private long _opened;
    private long _now;
    private bool _measuring;
    private bool _stopped;
    private int _joined;
    private int _open;
    private long _lastDelivery;

    public ClientLoop(Target target, TopicSet topics, Clock clock, string query, TimeSpan pollEvery)
    {
        (Target, Topics, Clock, Query, PollEvery) = (target, topics, clock, query, pollEvery);
        _thread = new Thread(Run) { Name = "clients", IsBackground = true };
        _thread.Start();
    }

    public Target Target { get; }

    public TopicSet Topics { get; }

    public Clock Clock { get; }

    /// <summary>Query of every stream, such as <c>delta=merge</c>.</summary>
    public string Query { get; }

    public TimeSpan PollEvery { get; }

    public byte[] Buffer { get; } = new byte[256 << 10];

    public Figures Figures { get; } = new();

    /// <summary>Connections that have the state of all their topics, counted once each.</summary>
    public int JoinedCount => Volatile.Read(ref _joined);

    public int OpenCount => Volatile.Read(ref _open);

    /// <summary>When something was last delivered, a timestamp of the clock.</summary>
    public long LastDelivery => Volatile.Read(ref _lastDelivery);

    /// <summary>Runs on the loop's thread.</summary>
    public Task InvokeAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands.Enqueue(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e); // handed to whoever asked
            }
        });
        _epoll.Wake();
        return done.Task;
    }

    /// <summary>Opens connections, <paramref name="perSecond"/> of them a second; 0 = all at once.</summary>
    public Task OpenAsync(IReadOnlyList<SocketConnection> connections, double perSecond) => InvokeAsync(() =>
    {
        foreach (var connection in connections) _toOpen.Enqueue(connection);
        (_openPerMicrosecond, _openSince, _opened) = (perSecond / 1e6, Clock.Timestamp, 0);
    });

    /// <summary>Begins or ends the measuring window.</summary>
    public Task MeasureAsync(bool on) => InvokeAsync(() =>
    {
        if (on) Figures.Reset();
        _measuring = on;
    });

    /// <summary>Closes all connections and forgets how long they took to join.</summary>
    public Task CloseAllAsync() => InvokeAsync(() =>
    {
        _toOpen.Clear();
        CloseTable();
        _table.Clear();
        _timers.Clear();
        Figures.FirstState.Reset();
        Volatile.Write(ref _joined, 0);
    });

    public void Add(SocketConnection connection, int interest)
    {
        connection.Index = _table.Count;
        _table.Add(connection);
        Volatile.Write(ref _open, _open + 1);
        _epoll.Add(connection.Handle, interest, connection.Index);
    }

    public void Watch(SocketConnection connection, int interest) => _epoll.Modify(connection.Handle, interest, connection.Index);

    public void Removed(SocketConnection connection)
    {
        _table[connection.Index] = null;
        Volatile.Write(ref _open, _open - 1);
    }

    public void CallAt(SocketConnection connection, TimeSpan after) =>
        _timers.Enqueue(connection, Clock.Timestamp + (long)(after.TotalSeconds * Clock.Time.TimestampFrequency));

    public void Received(int bytes)
    {
        _now = Clock.Now;
        if (_measuring) Figures.Bytes += bytes;
    }

    public void Delivered(long homeTime, long originTime)
    {
        Volatile.Write(ref _lastDelivery, Clock.Timestamp);
        if (_measuring) Figures.Delivered(homeTime, originTime, _now);
    }

    public void Answered()
    {
        if (_measuring) Figures.Answers++;
    }

    public void Joined(SocketConnection connection, long connectStarted)
    {
        Figures.Joined(Clock.MicrosecondsSince(connectStarted));
        Volatile.Write(ref _joined, _joined + 1);
    }

    public void Dispose()
    {
        Volatile.Write(ref _stopped, true);
        _epoll.Wake();
        _thread.Join();
        CloseTable();
        _epoll.Dispose();
    }

    private void CloseTable()
    {
        for (var i = 0; i < _table.Count; i++) _table[i]?.Close();
    }

    private void Run()
    {
        while (!Volatile.Read(ref _stopped))
        {
            var count = _epoll.Wait(NextTimeout());
            for (var i = 0; i < count; i++)
            {
                var (key, ready) = _epoll[i];
                if (key == Epoll.WakeKey) _epoll.Woken();
                else if (key < _table.Count && _table[(int)key] is { } connection) connection.OnReady(ready);
            }

            while (_commands.TryDequeue(out var command)) command();
            OpenDue();
            RunTimers();
        }
    }

    private int NextTimeout() => _toOpen.Count > 0 ? (_openPerMicrosecond > 0 ? 1 : 0) : _timers.Count > 0 ? 5 : 100;

    private void OpenDue()
    {
        for (var i = 0; i < OpenAtOnce && _toOpen.Count > 0; i++)
        {
            if (_openPerMicrosecond > 0 && _opened >= Clock.MicrosecondsSince(_openSince) * _openPerMicrosecond) return;
            _opened++;
            _toOpen.Dequeue().Open();
        }
    }

    private void RunTimers()
    {
        while (_timers.TryPeek(out var connection, out var due) && due <= Clock.Timestamp)
        {
            _timers.Dequeue();
            if (connection.IsOpen) connection.OnTimer();
        }
    }
}
