using System.Collections.Concurrent;
using System.Net.WebSockets;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using E2EEvents.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Grains.Replication;

/// <summary>What links need of their silo.</summary>
internal sealed record LinkParts(HomeMap Homes, SiloFreshness Freshness, ILinkDialler Dialler, Func<KindTerm[], Task<KindTerm[]>> LearnAsync, string Instance, SiloMetrics Metrics, ILogger Logger, TimeProvider Time);

/// <summary>
/// This silo's link to one upstream region: what its replicas follow there, and a connection that is dialled anew, with every address in turn, for as
/// long as the silo lives. Only outbound; a region that is away harms nobody.
/// </summary>
internal sealed class RegionLink(string region, LinkParts parts)
{
    private const int SubsPerFrame = 500;
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<long, Replica> _replicas = new();
    private readonly ConcurrentDictionary<long, Replica> _refused = new();
    private TaskCompletionSource<LinkConnection> _connected = NewSignal();
    private LinkConnection? _connection;
    private long _since = parts.Time.UnixMicroseconds();
    private long _bytesBefore;
    private string _address = "";
    private string _lastError = "";

    /// <summary>Follows a topic through this link from now on.</summary>
    public void Add(Replica replica)
    {
        replica.BeginLink(parts.Freshness.Of(parts.Homes.HomeOf(replica.Topic.Kind)));
        LinkConnection? connection;
        lock (_lock)
        {
            _replicas[replica.Sub] = replica;
            connection = _connection;
        }

        if (connection is not null) Send(connection, LinkFrames.Sub([SubOf(replica)]));
    }

    /// <summary>Follows it no longer.</summary>
    public void Remove(Replica replica)
    {
        LinkConnection? connection;
        lock (_lock)
        {
            if (!_replicas.TryRemove(replica.Sub, out _)) return;
            connection = _connection;
        }

        if (connection is not null) Send(connection, LinkFrames.Subs(LinkFrameType.Unsub, [replica.Sub]));
    }

    public async Task<ReadOnlyMemory<byte>> CallAsync(LinkMethod method, byte[] body, CancellationToken cancellationToken)
    {
        LinkConnection connection;
        try
        {
            connection = await _connected.Task.WaitAsync(TimeSpan.FromSeconds(2), parts.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new RegionCallException($"the link to {region} is down ({(_lastError.Length > 0 ? _lastError : "not connected yet")})");
        }

        return await connection.CallAsync(method, body, cancellationToken).ConfigureAwait(false);
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(FirstRetry, LongestRetry, parts.Time, Random.Shared.NextDouble);
        for (var turn = 0; !cancellationToken.IsCancellationRequested; turn++)
        {
            var addresses = parts.Homes.Tree.LinksOf(region);
            _address = addresses[turn % addresses.Length];
            var began = parts.Time.GetTimestamp();
            var error = await ConnectAndServeAsync(_address, cancellationToken).ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested) return;
            if (error != _lastError) Log.LinkDown(parts.Logger, region, _address, error); // once for a fault, however often it is tried
            _lastError = error;
            parts.Metrics.LinkRedialled(region);
            if (parts.Time.GetElapsedTime(began) > TimeSpan.FromSeconds(5)) backoff.Reset();
            await Task.Delay(backoff.Next(), parts.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public LinkStatus Status(string silo)
    {
        LinkConnection? connection;
        lock (_lock) connection = _connection;
        var lag = new Dictionary<string, long>();
        foreach (var home in parts.Freshness.Upstreams)
        {
            if (home.FreshAt > 0 && parts.Homes.Tree.UpstreamTo(home.Home) == region) lag[home.Home] = Math.Max(0, home.HomeNow - home.FreshAt);
        }

        var offset = lag.Count > 0 && parts.Freshness.Of(region) is { FreshAt: > 0 } own ? own.ClockOffset : 0;
        return new LinkStatus(
            silo, region, _address, connection is not null, _since, connection?.RoundTrip ?? 0, offset, lag, _replicas.Count, _bytesBefore + (connection?.BytesIn ?? 0), _lastError);
    }

    /// <summary>Frames of a batch, in the silo's own arrays: a slice would keep the whole batch alive.</summary>
    public void TakeFrames(ReadOnlyMemory<byte> batch)
    {
        var reader = new FrameReader(batch);
        while (reader.TryRead(out var entry))
        {
            if (!_replicas.TryGetValue(entry.Follow, out var replica)) continue; // let go meanwhile
            var frame = entry.Frame;
            var fit = replica.Apply(new Frame(frame.Position, frame.State.ToArray(), frame.OriginTime, frame.HomeTime, frame.Transaction, replica.HomeNow));
            parts.Metrics.Replicated(fit, frame.State.Length);
            if (fit == Fit.Gap) Log.ReplicaHole(parts.Logger, replica.Topic.ToString(), frame.Position.ToString(), region);
        }
    }

    public void TakeTaken(List<LinkTaken> taken)
    {
        foreach (var one in taken)
        {
            if (_replicas.TryGetValue(one.Sub, out var replica)) replica.Taken(one);
        }
    }

    public void TakeRefused(LinkRefusal refusal)
    {
        if (!_replicas.TryGetValue(refusal.Sub, out var replica)) return;
        if (_refused.TryAdd(refusal.Sub, replica) && _refused.Count == 1) Log.LinkRefused(parts.Logger, region, replica.Topic.ToString(), refusal.Reason); // the first speaks for all
    }

    /// <summary>Asks again for what was refused: the kind may have been deployed there by now.</summary>
    public void AskAgain()
    {
        LinkConnection? connection;
        lock (_lock) connection = _connection;
        if (connection is null || _refused.IsEmpty) return;
        var subs = new List<LinkSub>();
        foreach (var (sub, replica) in _refused)
        {
            if (subs.Count == SubsPerFrame) break; // the others next time
            _refused.TryRemove(sub, out _);
            if (_replicas.ContainsKey(sub)) subs.Add(SubOf(replica));
        }

        if (subs.Count > 0) Send(connection, LinkFrames.Sub(subs));
    }

    public void TakeWatermarks(List<Watermark> watermarks)
    {
        var risen = false;
        foreach (var watermark in watermarks)
        {
            if (parts.Homes.Tree.UpstreamTo(watermark.Home) == region) risen |= parts.Freshness.Of(watermark.Home).Raise(watermark.FreshAt);
        }

        if (risen) parts.Freshness.Rise();
    }

    public void TakeVouched(long[] subs, bool isVouched)
    {
        foreach (var sub in subs)
        {
            if (_replicas.TryGetValue(sub, out var replica)) replica.Vouch(isVouched);
        }
    }

    public void TakeClocks(List<LinkClock> clocks, long roundTrip)
    {
        foreach (var clock in clocks)
        {
            if (clock.Home != parts.Homes.Region && parts.Homes.Tree.UpstreamTo(clock.Home) == region) parts.Freshness.Of(clock.Home).TakePong(clock.Now, roundTrip);
        }
    }

    private async Task<string> ConnectAndServeAsync(string address, CancellationToken cancellationToken)
    {
        LinkConnection? connection = null;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(DialTimeout);
            var socket = await parts.Dialler.DialAsync(address, region, deadline.Token).ConfigureAwait(false);
            connection = new LinkConnection(socket, this, parts.Time);
            await connection.OpenAsync(region, new LinkHello(LinkFrames.Version, parts.Homes.Region, parts.Instance, LinkFrames.Compression), deadline.Token).ConfigureAwait(false);
            var serving = connection;
            return await connection.RunAsync(() => BeginAsync(serving, address), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or HttpRequestException or IOException or InvalidDataException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            return e is OperationCanceledException ? $"no connection within {DialTimeout.TotalSeconds:0} s" : Innermost(e).Message;
        }
        finally
        {
            Disconnected(connection);
            connection?.Dispose();
        }
    }

    /// <summary>Terms first: what is followed depends on them. Then everything that this silo follows here, from where it stands.</summary>
    private async Task BeginAsync(LinkConnection connection, string address)
    {
        await ExchangeTermsAsync(connection).ConfigureAwait(false);
        var subs = new List<LinkSub>();
        lock (_lock)
        {
            _refused.Clear(); // all are asked for now
            foreach (var (_, replica) in _replicas)
            {
                replica.BeginLink(parts.Freshness.Of(parts.Homes.HomeOf(replica.Topic.Kind)));
                subs.Add(SubOf(replica));
            }

            _connection = connection;
            _since = parts.Time.UnixMicroseconds();
            _connected.TrySetResult(connection);
        }

        _lastError = "";
        Log.LinkUp(parts.Logger, region, address, subs.Count);
        for (var at = 0; at < subs.Count; at += SubsPerFrame)
        {
            var page = subs.GetRange(at, Math.Min(SubsPerFrame, subs.Count - at));
            page.RemoveAll(sub => !_replicas.ContainsKey(sub.Sub)); // let go meanwhile, and said so
            await connection.SendAsync(LinkFrames.Sub(page)).ConfigureAwait(false);
        }
    }

    /// <summary>Tells the other region the terms known here, and learns its own.</summary>
    public async Task ExchangeTermsAsync(CancellationToken cancellationToken)
    {
        LinkConnection? connection;
        lock (_lock) connection = _connection;
        if (connection is not null) await ExchangeTermsAsync(connection).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ExchangeTermsAsync(LinkConnection connection)
    {
        var known = await parts.LearnAsync([]).ConfigureAwait(false);
        var reply = await connection.CallAsync(LinkMethod.Terms, LinkCalls.Encode(Array.ConvertAll(known, ToCall)), CancellationToken.None).ConfigureAwait(false);
        var theirs = LinkCalls.Decode<TermCall[]>(reply);
        theirs = Array.FindAll(theirs, call => parts.Homes.Tree.IsTerm(call.Number, call.Region));
        if (theirs.Length > 0) await parts.LearnAsync(Array.ConvertAll(theirs, call => new KindTerm(call.Kind, new Term(call.Number, call.Region), call.Leaving))).ConfigureAwait(false);
    }

    private static TermCall ToCall(KindTerm term) => new(term.Kind, term.Term.Number, term.Term.Region, term.Leaving);

    private void Disconnected(LinkConnection? connection)
    {
        lock (_lock)
        {
            if (connection is null || _connection != connection) return;
            _bytesBefore += connection.BytesIn;
            _connection = null;
            _since = parts.Time.UnixMicroseconds();
            _connected = NewSignal();
        }
    }

    private static LinkSub SubOf(Replica replica) => new(replica.Sub, replica.Topic.ToString(), replica.Position);

    private static void Send(LinkConnection connection, byte[] frame) =>
        _ = connection.SendAsync(frame).ContinueWith(static sent => _ = sent.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default); // a broken connection is noticed by its reader

    private static Exception Innermost(Exception e) => e.InnerException is { } inner ? Innermost(inner) : e;

    private static TaskCompletionSource<LinkConnection> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
