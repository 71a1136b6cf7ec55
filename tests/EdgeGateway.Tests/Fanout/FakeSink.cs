using System.Threading.Tasks.Sources;
using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

internal enum SinkMode
{
    /// <summary>Takes everything at once.</summary>
    Synchronous,

    /// <summary>Takes a write when the test releases it.</summary>
    Blocking,

    /// <summary>Answers with a failed task, as a transport does whose client is gone.</summary>
    Failing,

    /// <summary>Throws instead of answering: a bug in a transport.</summary>
    Throwing,
}

/// <summary>
/// A connection's transport, played by the test. It holds the worker to its side of the contract: one write at a time, the bytes stay as they are
/// until the write is over, its task is awaited exactly once, and nothing is written any more once the connection has ended.
/// </summary>
internal sealed class FakeSink : IConnectionSink, IValueTaskSource
{
    private readonly List<byte> _taken = [];
    private ManualResetValueTaskSourceCore<bool> _core;
    private ReadOnlyMemory<byte> _writing;
    private byte[]? _asGiven;
    private int _mustBeAwaited;

    public SinkMode Mode { get; set; }

    /// <summary>What a failing or throwing sink fails with.</summary>
    public Exception Failure { get; set; } = new IOException("the client is gone");

    /// <summary>False: a write under way survives an abort, until the test releases it.</summary>
    public bool AbortEndsWrites { get; set; } = true;

    /// <summary>What aborting throws.</summary>
    public Exception? AbortFailure { get; set; }

    /// <summary>What the client has got.</summary>
    public ReadOnlySpan<byte> Taken => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_taken);

    /// <summary>Set by the rig: the connection, to see that nothing is written after its end.</summary>
    public Connection? Connection { get; set; }

    public int Writes { get; private set; }

    public int LargestWrite { get; private set; }

    public bool IsAborted { get; private set; }

    public bool IsWriting => _asGiven is not null;

    /// <summary>False: only counts, for tests that measure allocations.</summary>
    public bool KeepsBytes { get; set; } = true;

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (IsWriting) Assert.Fail("Two writes at once.");
        if (Connection!.Ended.IsCompleted) Assert.Fail("A write after the connection's end: its transport may serve somebody else by now.");
        if (IsAborted) Assert.Fail("A write after the abort.");
        Writes++;
        LargestWrite = Math.Max(LargestWrite, bytes.Length);
        switch (Mode)
        {
            case SinkMode.Throwing:
                throw Failure;
            case SinkMode.Failing:
                return ValueTask.FromException(Failure);
            case SinkMode.Blocking:
                _writing = bytes;
                _asGiven = bytes.ToArray();
                _core.Reset();
                _mustBeAwaited++;
                return new ValueTask(this, _core.Version);
            default:
                if (KeepsBytes) _taken.AddRange(bytes.Span);
                return default;
        }
    }

    public void Abort()
    {
        if (Connection!.Ended.IsCompleted) Assert.Fail("An abort after the connection's end: its transport may serve somebody else by now.");
        IsAborted = true;
        if (AbortFailure is not null) throw AbortFailure;
        if (AbortEndsWrites && IsWriting) End(new OperationCanceledException("aborted"));
    }

    /// <summary>The client takes the write under way.</summary>
    public void Release()
    {
        if (!_writing.Span.SequenceEqual(_asGiven)) Assert.Fail("The bytes of a write under way were changed.");
        _taken.AddRange(_asGiven!);
        End(null);
    }

    /// <summary>The write under way fails.</summary>
    public void Break(Exception failure) => End(failure);

    /// <summary>Fails if a write's task was not awaited exactly once.</summary>
    public void AssertAwaited() => Assert.Equal(IsWriting ? 1 : 0, _mustBeAwaited);

    void IValueTaskSource.GetResult(short token)
    {
        if (_core.GetStatus(token) != ValueTaskSourceStatus.Pending) _mustBeAwaited--;
        _core.GetResult(token); // throws when it is not over, or not this one
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void End(Exception? failure)
    {
        _asGiven = null;
        _writing = default;
        if (failure is null) _core.SetResult(true);
        else _core.SetException(failure);
    }
}
