using System.Collections.Concurrent;

namespace E2EEvents.Connectors;

/// <summary>What operators see of one connector, in health checks and metrics. Thread-safe.</summary>
internal sealed class ConnectorStatus(string name, string type, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, string> _failing = new();
    private long _checkpointBehindSince;
    private volatile string _phase = "starting";
    private volatile bool _ready;

    /// <summary>Name of the connector.</summary>
    public string Name { get; } = name;

    /// <summary>Its type.</summary>
    public string Type { get; } = type;

    /// <summary>What it is doing.</summary>
    public string Phase => _phase;

    /// <summary>True if it reads and nothing is failing.</summary>
    public bool Ready => _ready && _failing.IsEmpty;

    /// <summary>True while this process may run the connector.</summary>
    public bool HasLease { get; set; }

    /// <summary>Events in flight.</summary>
    public int InFlightEvents { get; set; }

    /// <summary>Bytes in flight.</summary>
    public long InFlightBytes { get; set; }

    /// <summary>Age in seconds of the oldest record that the stored checkpoint does not cover.</summary>
    public double CheckpointLag
    {
        get
        {
            var since = Volatile.Read(ref _checkpointBehindSince);
            return since == 0 ? 0 : Math.Max(0, (time.UnixMicroseconds() - since) / 1e6);
        }
    }

    /// <summary>What fails now, for people; empty = nothing.</summary>
    public string Problems => string.Join("; ", _failing);

    /// <summary>A new phase.</summary>
    public void Enter(string phase, bool ready)
    {
        _phase = phase;
        _ready = ready;
    }

    /// <summary>An operation fails; it will be tried again.</summary>
    public void Failed(string operation, string reason) => _failing[operation] = reason;

    /// <summary>An operation works (again).</summary>
    public void Worked(string operation)
    {
        if (!_failing.IsEmpty) _failing.TryRemove(operation, out _);
    }

    /// <summary>Nothing is being tried any more.</summary>
    public void NothingFails() => _failing.Clear();

    /// <summary>A record was read that the checkpoint does not cover yet.</summary>
    /// <param name="readAt">Unix µs.</param>
    public void BehindSince(long readAt) => Interlocked.CompareExchange(ref _checkpointBehindSince, readAt, 0);

    /// <summary>The checkpoint was stored.</summary>
    /// <param name="oldestAfter">When the oldest record after it was read, Unix µs; null = it covers everything.</param>
    public void CheckpointStored(long? oldestAfter) => Volatile.Write(ref _checkpointBehindSince, oldestAfter ?? 0);
}
