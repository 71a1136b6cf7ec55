namespace E2EEvents.Connectors.Ingest;

/// <summary>
/// The right of this process to run a connector. Renewed in the background; over as soon as another process has it, or, by this process's own clock,
/// before it can end at the region: time counts from when the last successful renewal was sent, the region's from when it came.
/// </summary>
internal sealed class Lease : IAsyncDisposable
{
    private const string Operation = "lease";

    // Of the duration: what a step under way when the lease ends may still take, and how far two clocks may drift apart.
    private const double Margin = 0.1;

    private readonly ConnectorParts _parts;
    private readonly TimeSpan _valid;
    private readonly TimeSpan _renewEvery;
    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _release = new();
    private readonly Task _keeping;
    private long _renewedAt;
    private int _failures;
    private int _isOver;

    private Lease(ConnectorParts parts, long number, long askedAt)
    {
        _parts = parts;
        Number = number;
        Ended = _ended.Token;
        _valid = parts.Options.LeaseDuration * (1 - Margin);
        _renewEvery = parts.Options.LeaseDuration / 3;
        _renewedAt = askedAt;
        _parts.Status.HasLease = true;
        _keeping = KeepAsync();
    }

    /// <summary>Fencing token: the checkpoint is written under it.</summary>
    public long Number { get; }

    /// <summary>Cancelled when the lease is over: nothing may be published or stored any more.</summary>
    public CancellationToken Ended { get; }

    private TimeSpan Left => _valid - _parts.Time.GetElapsedTime(Volatile.Read(ref _renewedAt));

    /// <summary>Asks until this process has the lease; meanwhile the connector stands by.</summary>
    public static async Task<Lease> AcquireAsync(ConnectorParts parts, CancellationToken cancellationToken)
    {
        var (name, options, status) = (parts.Connector.Name, parts.Options, parts.Status);
        var since = parts.Time.GetTimestamp();
        string? standingBehind = null;
        var failures = 0;
        status.Enter("asking for the lease", ready: false);
        while (true)
        {
            var askedAt = parts.Time.GetTimestamp();
            var answer = await AskAsync(parts, failures, cancellationToken);
            failures = answer is null ? failures + 1 : 0;
            if (answer?.Number is { } number)
            {
                if (standingBehind is not null) parts.Metrics.TookOver(name);
                Log.LeaseAcquired(parts.Logger, name, number, parts.Time.GetElapsedTime(since).TotalSeconds);
                return new Lease(parts, number, askedAt);
            }

            if (answer is not null && answer.Holder != standingBehind)
            {
                standingBehind = answer.Holder;
                status.CheckpointStored(null);
                status.NothingFails(); // what the last run could not do is another process's now
                status.Enter($"standing by, {answer.Holder} runs this connector", ready: true);
                Log.StandingBy(parts.Logger, name, answer.Holder);
            }

            // Often enough that the grain is up again soon after its silo died, and not all processes at once.
            var pause = options.LeaseDuration / 5 * (0.5 + (0.5 * Random.Shared.NextDouble()));
            if (answer is not null && answer.Left < pause) pause = answer.Left + TimeSpan.FromMilliseconds(10);
            await Task.Delay(pause, parts.Time, cancellationToken);
        }
    }

    /// <summary>Called right before anything is published: a process that hung may find out only now that its time is over.</summary>
    /// <exception cref="OperationCanceledException">The lease is over.</exception>
    public void ThrowIfOver()
    {
        Ended.ThrowIfCancellationRequested();
        if (Left > TimeSpan.Zero) return;
        End("it was not renewed in time");
        throw new OperationCanceledException(Ended);
    }

    /// <summary>Another process has it, as the region said.</summary>
    public void Lost() => End("another process has it");

    /// <summary>Stops renewing, and gives the lease back if it is still held, so that another process can take over at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await _release.CancelAsync();
        await _keeping;
        if (!Ended.IsCancellationRequested && Left > TimeSpan.Zero) await ReleaseAsync();
        _parts.Status.HasLease = false;
        await _ended.CancelAsync();
        _ended.Dispose();
        _release.Dispose();
    }

    private static async Task<LeaseAnswer?> AskAsync(ConnectorParts parts, int failures, CancellationToken cancellationToken)
    {
        // Short at first: the silo that was asked may have died. Longer then: it may be its storage that is slow.
        var limit = parts.Options.LeaseDuration / 3 * Math.Min(failures + 1, 3);
        try
        {
            var answer = await parts.Calls.OnceAsync(
                token => parts.Region.AcquireLeaseAsync(parts.Connector.Name, parts.Holder, parts.Options.LeaseDuration, token), cancellationToken, limit);
            parts.Status.Worked(Operation);
            return answer;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested) // survived: the region is away; asked again
        {
            parts.Calls.Failed(Operation, failure, failures + 1);
            return null;
        }
    }

    private async Task KeepAsync()
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, _release.Token);
        var pause = _renewEvery;
        while (true)
        {
            var left = Left;
            if (left > TimeSpan.Zero) await Task.Delay(pause < left ? pause : left, _parts.Time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested) return;
            if (Left <= TimeSpan.Zero)
            {
                End("it was not renewed in time");
                return;
            }

            pause = await RenewAsync(over.Token) ? _renewEvery : _renewEvery / 5;
        }
    }

    private async Task<bool> RenewAsync(CancellationToken cancellationToken)
    {
        var (sentAt, left) = (_parts.Time.GetTimestamp(), Left);
        var limit = left < _renewEvery ? left : _renewEvery;
        if (limit <= TimeSpan.Zero) return false;
        try
        {
            if (!await _parts.Calls.OnceAsync(token => _parts.Region.RenewLeaseAsync(_parts.Connector.Name, Number, token), cancellationToken, limit)) Lost();
            else Volatile.Write(ref _renewedAt, sentAt);
            _failures = 0;
            _parts.Status.Worked(Operation);
            return true;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested) // survived: tried again while there is time
        {
            _parts.Calls.Failed(Operation, failure, ++_failures);
            return false;
        }
        catch (OperationCanceledException)
        {
            return false; // given back
        }
    }

    private async Task ReleaseAsync()
    {
        try
        {
            await _parts.Calls.OnceAsync<bool>(
                async token =>
                {
                    await _parts.Region.ReleaseLeaseAsync(_parts.Connector.Name, Number, token);
                    return true;
                }, CancellationToken.None, _renewEvery);
        }
        catch (Exception failure) // survived: it ends by itself
        {
            _parts.Calls.Failed(Operation, failure, failures: 1);
        }
    }

    private void End(string why)
    {
        if (Interlocked.Exchange(ref _isOver, 1) == 0) Log.LeaseOver(_parts.Logger, _parts.Connector.Name, Number, why);
        _parts.Status.HasLease = false;
        if (!Ended.IsCancellationRequested) _ended.Cancel();
    }
}
