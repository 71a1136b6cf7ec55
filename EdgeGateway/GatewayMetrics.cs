using System.Diagnostics.Metrics;

namespace E2EEvents.EdgeGateway;

/// <summary>Instruments of a gateway. Tags are transports, kinds and outcomes; never topics or clients, whose number has no bound.</summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "E2EEvents.EdgeGateway";

    private readonly Counter<long> _framesSent;
    private readonly Counter<long> _bytesSent;
    private readonly Counter<long> _closed;
    private readonly Counter<long> _updates;
    private readonly Counter<long> _pulls;
    private readonly Counter<long> _follows;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _published;
    private readonly UpDownCounter<long> _connections;
    private readonly UpDownCounter<long> _channels;
    private readonly UpDownCounter<long> _stale;
    private readonly Histogram<double> _lag;
    private readonly Counter<long> _linkBytes;
    private readonly Counter<long> _linkPlainBytes;
    private readonly Counter<long> _linkRefused;
    private readonly UpDownCounter<long> _links;
    private long _open;

    private readonly Meter _meter;

    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = _meter = meters.Create(MeterName);
        _framesSent = meter.CreateCounter<long>("e2e.gateway.frames.sent", "{frame}", "Frames handed to connections.");
        _bytesSent = meter.CreateCounter<long>("e2e.gateway.bytes.sent", "By", "Bytes handed to streaming connections.");
        _closed = meter.CreateCounter<long>("e2e.gateway.connections.closed", "{connection}", "Streams closed by the gateway, by reason.");
        _updates = meter.CreateCounter<long>("e2e.gateway.updates", "{update}", "Frames taken over from the region's silos, by delivery and outcome.");
        _pulls = meter.CreateCounter<long>("e2e.gateway.pulls", "{pull}", "Pulls of feeds, by outcome.");
        _follows = meter.CreateCounter<long>("e2e.gateway.follows", "{follow}", "Topics followed, by outcome.");
        _refused = meter.CreateCounter<long>("e2e.gateway.requests.refused", "{request}", "Requests refused, by problem.");
        _published = meter.CreateCounter<long>("e2e.gateway.events.published", "{event}", "Events published by clients and other regions, by kind and outcome.");
        _connections = meter.CreateUpDownCounter<long>("e2e.gateway.connections", "{connection}", "Open streams, by transport.");
        _channels = meter.CreateUpDownCounter<long>("e2e.gateway.topics", "{topic}", "Topics followed now.");
        _stale = meter.CreateUpDownCounter<long>("e2e.gateway.topics.stale", "{topic}", "Followed topics that are stale now.");
        _linkBytes = meter.CreateCounter<long>("e2e.gateway.link.sent", "By", "Batches sent to other regions, as they are on the wire.");
        _linkPlainBytes = meter.CreateCounter<long>("e2e.gateway.link.sent.plain", "By", "The same before compression.");
        _linkRefused = meter.CreateCounter<long>("e2e.gateway.link.refused", "{subscription}", "Subscriptions and peers refused on links.");
        _links = meter.CreateUpDownCounter<long>("e2e.gateway.links", "{link}", "Links of other regions' silos open now, by region.");
        _lag = meter.CreateHistogram<double>("e2e.gateway.update.lag", "s", "From commit at home to take-over by this gateway. Holds the difference of the two clocks.");
    }

    /// <summary>Streams open now.</summary>
    public long OpenStreams => Volatile.Read(ref _open);

    public void Sent(long frames, long bytes)
    {
        _framesSent.Add(frames);
        _bytesSent.Add(bytes);
    }

    /// <summary>Has what connections hold asked for whenever metrics are read.</summary>
    public void ObserveHeld(Func<long> held) => _meter.CreateObservableGauge("e2e.gateway.bytes.held", held, "By", "Bytes handed to streaming connections that they have yet to take.");

    public void Opened(string transport)
    {
        Interlocked.Increment(ref _open);
        _connections.Add(1, new KeyValuePair<string, object?>("transport", transport));
    }

    public void Gone(string transport)
    {
        Interlocked.Decrement(ref _open);
        _connections.Add(-1, new KeyValuePair<string, object?>("transport", transport));
    }

    public void Closed(string transport, string reason) =>
        _closed.Add(1, new KeyValuePair<string, object?>("transport", transport), new KeyValuePair<string, object?>("reason", reason));

    public void Update(Fit fit, double lagSeconds)
    {
        _updates.Add(1, new KeyValuePair<string, object?>("outcome", Outcome(fit)));
        if (fit != Fit.Duplicate) _lag.Record(lagSeconds);
    }

    public void Pull(string outcome) => _pulls.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Follow(string outcome) => _follows.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public void Refused(string problem) => _refused.Add(1, new KeyValuePair<string, object?>("problem", problem));

    public void Published(string kind, PublishOutcome outcome) => _published.Add(
        1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("outcome", outcome switch
        {
            PublishOutcome.Accepted => "accepted",
            PublishOutcome.Duplicate => "duplicate",
            PublishOutcome.Refused => "refused",
            PublishOutcome.NotHome => "not_home",
            _ => "unknown",
        }));

    public void ChannelOpened() => _channels.Add(1);

    public void ChannelClosed() => _channels.Add(-1);

    public void Stale(int change) => _stale.Add(change);

    public void LinkSent(int bytes, int plainBytes)
    {
        _linkBytes.Add(bytes);
        _linkPlainBytes.Add(plainBytes);
    }

    public void LinkRefused() => _linkRefused.Add(1);

    public void Links(string region, int change) => _links.Add(change, new KeyValuePair<string, object?>("region", region));

    private static string Outcome(Fit fit) => fit switch
    {
        Fit.Next => "next",
        Fit.Duplicate => "duplicate",
        Fit.Gap => "gap",
        _ => "epoch",
    };
}
