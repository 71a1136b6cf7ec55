using System.Threading.Channels;
using E2EEvents.EdgeGateway.Sockets;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>What makes a worker go round: a thread of its own that waits for work and for its sockets alike, or a task where sockets are the framework's.</summary>
internal sealed partial class FanoutWorker
{
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private int _isAsleep;

    /// <summary>The sockets it serves directly; null if it serves none.</summary>
    public SocketSet? Sockets { get; private set; }

    /// <summary>It waits, and whoever posts wakes it.</summary>
    internal bool IsAsleep => Volatile.Read(ref _isAsleep) == 1;

    public void Start()
    {
        if (!_options.UsesDirectSockets)
        {
            _running = Task.Run(RunAsync);
            return;
        }

        Sockets = new SocketSet(_logger);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _running = ended.Task;
        var thread = new Thread(() => Run(ended)) { Name = $"fanout {Index}", IsBackground = true };
        thread.Start();
    }

    private void Run(TaskCompletionSource ended)
    {
        do
        {
            Sockets!.Poll(FallsAsleep() ? -1 : 0);
            Volatile.Write(ref _isAsleep, 0);
        }
        while (Round());
        Sockets.Dispose();
        ended.SetResult();
    }

    private async Task RunAsync()
    {
        while (Round())
        {
            if (FallsAsleep()) await _wakes.Reader.ReadAsync().ConfigureAwait(false);
        }
    }

    /// <summary>True if nothing waits; from then on whoever posts wakes the worker.</summary>
    private bool FallsAsleep()
    {
        Interlocked.Exchange(ref _isAsleep, 1); // a full fence: who posts after the look sees it
        if (_work.IsEmpty) return true;
        Volatile.Write(ref _isAsleep, 0);
        return false;
    }

    /// <summary>Only the first post of a batch costs a system call, and none does while the worker is busy.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isAsleep, 0) == 0) return;
        if (Sockets is { } sockets) sockets.Wake();
        else _wakes.Writer.TryWrite(true);
    }
}
