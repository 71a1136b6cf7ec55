using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace E2EEvents.Connectors.Tests.Ingest;

/// <summary>An origin in memory. Tokens are the number of the record in the list; reading waits for more at its end.</summary>
internal sealed class FakeConnector : IConnector
{
    private readonly Lock _lock = new();
    private readonly List<SourceRecord> _records = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Exception? _failure;
    private int _given;

    public string Name => "fake";

    /// <summary>Tokens that reading began after; null = the beginning.</summary>
    public ConcurrentQueue<string?> Readings { get; } = new();

    /// <summary>Tokens that were acknowledged.</summary>
    public ConcurrentQueue<string> Acknowledged { get; } = new();

    /// <summary>Thrown by the next acknowledgements.</summary>
    public Exception? AcknowledgeFailure { get; set; }

    /// <summary>Records given to the host, over all readings.</summary>
    public int Given => Volatile.Read(ref _given);

    public void Add(string json, string partition = "p") => Add(number => Records.Of(json, number, partition: partition));

    public void Add(Func<ulong, SourceRecord> make)
    {
        lock (_lock) _records.Add(make((ulong)_records.Count + 1));
        Change();
    }

    /// <summary>Ends the reading under way with an exception.</summary>
    public void Fail(Exception failure)
    {
        lock (_lock) _failure = failure;
        Change();
    }

    public async IAsyncEnumerable<SourceRecord> ReadAsync(ResumeToken? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Readings.Enqueue(after?.Value);
        var next = after is null ? 0 : int.Parse(after.Value.Value, CultureInfo.InvariantCulture);
        yield return SourceRecord.Mark(new ResumeToken(next.ToString(CultureInfo.InvariantCulture)));
        while (true)
        {
            Task changed;
            SourceRecord? record = null;
            lock (_lock)
            {
                changed = _changed.Task;
                if (_failure is { } failure)
                {
                    _failure = null;
                    throw failure;
                }

                if (next < _records.Count) record = _records[next];
            }

            if (record is null)
            {
                await changed.WaitAsync(cancellationToken);
                continue;
            }

            next++;
            Interlocked.Increment(ref _given);
            yield return record with { Token = new ResumeToken(next.ToString(CultureInfo.InvariantCulture)) };
        }
    }

    public ValueTask SettledAsync(ResumeToken upTo, CancellationToken cancellationToken)
    {
        if (AcknowledgeFailure is { } failure) throw failure;
        Acknowledged.Enqueue(upTo.Value);
        return default;
    }

    private void Change()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}
