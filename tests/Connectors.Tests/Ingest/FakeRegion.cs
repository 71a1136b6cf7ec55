using System.Collections.Concurrent;
using System.Linq;
using E2EEvents.Connectors.Ingest;

namespace E2EEvents.Connectors.Tests.Ingest;

/// <summary>A region in memory that behaves like the real one, at its best or at its worst: topics drop duplicates and refuse what lies behind.</summary>
internal sealed class FakeRegion : IRegion
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TopicKey, FakeTopic> _topics = [];
    private readonly Dictionary<string, Checkpoint> _checkpoints = [];
    private readonly Dictionary<string, (long Number, string? Holder, TimeSpan Duration, long RenewedAt)> _leases = [];
    private readonly HashSet<string> _kinds = ["match", "ticker"];

    /// <summary>What happens to an appended container: true = it reaches its topic. Default: it does.</summary>
    public Func<TopicKey, bool> Arrives { get; set; } = _ => true;

    /// <summary>Clock of the leases.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Called before a call does its work; may throw or wait. Default: nothing.</summary>
    public Func<string, CancellationToken, Task> Before { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called after a call did its work; throwing loses the answer. Default: nothing.</summary>
    public Action<string> After { get; set; } = _ => { };

    /// <summary>Topics that never say settled.</summary>
    public ConcurrentDictionary<string, bool> Held { get; } = [];

    public ConcurrentQueue<(TopicKey Topic, int Events)> Containers { get; } = new();

    public ConcurrentQueue<(string Kind, DeadLetter Letter)> Letters { get; } = new();

    public ConcurrentQueue<Checkpoint> CheckpointWrites { get; } = new();

    public ConcurrentDictionary<string, int> Calls { get; } = [];

    /// <summary>What a topic applied, in order.</summary>
    public IReadOnlyList<SourcedEvent> Applied(string topic)
    {
        lock (_lock) return TopicKey.TryParse(topic, out var key, out _) && _topics.TryGetValue(key, out var found) ? [.. found.Applied] : [];
    }

    public int AppliedEvents
    {
        get
        {
            lock (_lock) return _topics.Values.Sum(topic => topic.Applied.Count);
        }
    }

    public void AddKind(string kind)
    {
        lock (_lock) _kinds.Add(kind);
    }

    public Checkpoint CheckpointOf(string connector)
    {
        lock (_lock) return _checkpoints.GetValueOrDefault(connector) ?? new Checkpoint(null, 0);
    }

    /// <summary>As another process would.</summary>
    public void OverwriteCheckpoint(string connector, string token)
    {
        lock (_lock) _checkpoints[connector] = new Checkpoint(token, CheckpointOf(connector).Version + 1);
    }

    /// <summary>Number of the last lease.</summary>
    public long LeaseOf(string connector)
    {
        lock (_lock) return _leases.GetValueOrDefault(connector).Number;
    }

    /// <summary>Kinds with their home elsewhere.</summary>
    public ConcurrentDictionary<string, bool> Elsewhere { get; } = [];

    /// <summary>Kinds about to leave.</summary>
    public ConcurrentDictionary<string, bool> Leaving { get; } = [];

    /// <summary>The checkpoint at home; an exception = home is away.</summary>
    public Func<Checkpoint> AtHome { get; set; } = () => new Checkpoint(null, 0);

    public Task<KindInfo[]> KindsAsync(CancellationToken cancellationToken) => DoAsync<KindInfo[]>(
        "kinds",
        () => [.. _kinds.Select(kind => new KindInfo(kind, Delivery.Every, Elsewhere.ContainsKey(kind) ? "there" : "here", 1, !Elsewhere.ContainsKey(kind), Publishers.None, Leaving.ContainsKey(kind)))],
        cancellationToken);

    public Task<Checkpoint> ReadHomeCheckpointAsync(string connector, string kind, CancellationToken cancellationToken) => DoAsync("home-checkpoint", AtHome, cancellationToken);

    public Task PublishAsync(TopicKey topic, IReadOnlyList<SourcedEvent> events, CancellationToken cancellationToken) => DoAsync("publish", () =>
    {
        Containers.Enqueue((topic, events.Count));
        if (!Arrives(topic)) return true;
        if (!_topics.TryGetValue(topic, out var found)) _topics.Add(topic, found = new FakeTopic());
        found.Apply(events);
        return true;
    }, cancellationToken);

    public Task<bool> SettledAsync(TopicKey topic, string source, Sequence upTo, TimeSpan wait, CancellationToken cancellationToken) =>
        DoAsync("settled", () => !Held.ContainsKey(topic.ToString()) && _topics.TryGetValue(topic, out var found) && found.IsSettled(source, upTo), cancellationToken);

    public Task AddLettersAsync(string kind, DeadLetter[] letters, CancellationToken cancellationToken) => DoAsync("letters", () =>
    {
        foreach (var letter in letters) Letters.Enqueue((kind, letter));
        return true;
    }, cancellationToken);

    public Task<Checkpoint> ReadCheckpointAsync(string connector, CancellationToken cancellationToken) =>
        DoAsync("read", () => CheckpointOf(connector), cancellationToken);

    public Task<LeaseAnswer> AcquireLeaseAsync(string connector, string holder, TimeSpan duration, CancellationToken cancellationToken) => DoAsync("acquire", () =>
    {
        var lease = _leases.GetValueOrDefault(connector);
        var left = lease.Duration - Time.GetElapsedTime(lease.RenewedAt);
        if (lease.Holder is { } other && other != holder && left > TimeSpan.Zero) return new LeaseAnswer(null, other, left);
        _leases[connector] = (lease.Number + 1, holder, duration, Time.GetTimestamp());
        return new LeaseAnswer(lease.Number + 1, holder, duration);
    }, cancellationToken);

    public Task<bool> RenewLeaseAsync(string connector, long lease, CancellationToken cancellationToken) => DoAsync("renew", () =>
    {
        var held = _leases[connector];
        if (held.Number != lease) return false;
        _leases[connector] = held with { RenewedAt = Time.GetTimestamp() };
        return true;
    }, cancellationToken);

    public Task ReleaseLeaseAsync(string connector, long lease, CancellationToken cancellationToken) => DoAsync("release", () =>
    {
        if (_leases[connector].Number == lease) _leases[connector] = _leases[connector] with { Holder = null };
        return true;
    }, cancellationToken);

    public Task<Checkpoint?> WriteCheckpointAsync(string connector, string token, long version, long lease, CancellationToken cancellationToken) => DoAsync<Checkpoint?>("checkpoint", () =>
    {
        if (_leases.GetValueOrDefault(connector).Number != lease) return null;
        var stored = CheckpointOf(connector);
        if (stored.Version != version) return stored;
        CheckpointWrites.Enqueue(_checkpoints[connector] = new Checkpoint(token, version + 1));
        return _checkpoints[connector];
    }, cancellationToken);

    private async Task<T> DoAsync<T>(string call, Func<T> work, CancellationToken cancellationToken)
    {
        Calls.AddOrUpdate(call, 1, (_, calls) => calls + 1);
        await Before(call, cancellationToken);
        T result;
        lock (_lock) result = work();
        After(call);
        return result;
    }

    private sealed class FakeTopic
    {
        private readonly Dictionary<string, Sequence> _settled = [];
        private readonly HashSet<string> _ids = [];

        public List<SourcedEvent> Applied { get; } = [];

        public void Apply(IReadOnlyList<SourcedEvent> events)
        {
            foreach (var e in events)
            {
                if (e.EventId is { } id ? !_ids.Add(id) : _settled.TryGetValue(e.Source, out var settled) && e.Sequence! <= settled) continue;
                if (e.Sequence is { } sequence) _settled[e.Source] = sequence;
                Applied.Add(e);
            }
        }

        public bool IsSettled(string source, Sequence upTo) => _settled.TryGetValue(source, out var settled) && upTo <= settled;
    }
}
