using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Linq;

namespace E2EEvents.Connectors;

/// <summary>Instruments of the connectors in this process. Tag: connector (a configured name, so there are few).</summary>
public sealed class ConnectorsMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "E2EEvents.Connectors";

    private const string ConnectorTag = "connector";

    // The usual bounds are made for milliseconds: all of ours would fall into the first.
    private static readonly double[] LagBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

    private readonly ConcurrentDictionary<string, ConnectorStatus> _connectors = new();
    private readonly Counter<long> _read;
    private readonly Counter<long> _mapped;
    private readonly Counter<long> _unmapped;
    private readonly Counter<long> _published;
    private readonly Counter<long> _settled;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _reconnects;
    private readonly Counter<long> _takeovers;
    private readonly Counter<long> _lost;
    private readonly Counter<long> _resets;
    private readonly Histogram<double> _lag;

    /// <summary>Makes the instruments.</summary>
    public ConnectorsMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _read = meter.CreateCounter<long>("e2e.connectors.records.read", "{record}", "Records read from an origin.");
        _mapped = meter.CreateCounter<long>("e2e.connectors.events.mapped", "{event}", "Events that records were mapped to.");
        _unmapped = meter.CreateCounter<long>("e2e.connectors.records.unmapped", "{record}", "Records put to the dead letters because they could not be mapped.");
        _published = meter.CreateCounter<long>("e2e.connectors.events.published", "{event}", "Events appended to the stream of their topic; repetitions count.");
        _settled = meter.CreateCounter<long>("e2e.connectors.events.settled", "{event}", "Events that are safe: appended or settled, as SafeAfter says.");
        _retries = meter.CreateCounter<long>("e2e.connectors.retries", "{retry}", "Calls to the region made again. Tag operation: publish, settle, letters, kinds, checkpoint, lease.");
        _reconnects = meter.CreateCounter<long>("e2e.connectors.reconnects", "{reconnect}", "Readings begun again after a failure of the origin.");
        _takeovers = meter.CreateCounter<long>("e2e.connectors.takeovers", "{takeover}", "Leases got after standing by while another process ran the connector.");
        _lost = meter.CreateCounter<long>("e2e.connectors.records.lost", "{record}", "Records known to have vanished before they were read. Tag reason: removed, overflow.");
        _resets = meter.CreateCounter<long>("e2e.connectors.resets", "{reset}", "Origins found to be no longer the ones that were read before. Tag reason: reset, disconnected.");
        _lag = meter.CreateHistogram(
            "e2e.connectors.lag", "s", "From the origin's time to a point here, by both clocks. Tag point: read, settled.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = LagBuckets });
        meter.CreateObservableGauge("e2e.connectors.in_flight.events", () => Each(status => (long)status.InFlightEvents), "{event}", "Events read but not yet safe.");
        meter.CreateObservableGauge("e2e.connectors.in_flight.bytes", () => Each(status => status.InFlightBytes), "By", "Bytes of records read but not yet safe.");
        meter.CreateObservableGauge("e2e.connectors.checkpoint.lag", () => Each(status => status.CheckpointLag), "s", "Age of the oldest record that the stored checkpoint does not cover.");
        meter.CreateObservableGauge("e2e.connectors.lease", () => Each(status => status.HasLease ? 1 : 0), "1", "1 = this process runs the connector, 0 = it stands by.");
        meter.CreateObservableGauge("e2e.connectors.ready", () => Each(status => status.Ready ? 1 : 0), "1", "1 = the connector reads, or stands by, and nothing is failing.");
    }

    internal void Watch(ConnectorStatus status) => _connectors[status.Name] = status;

    internal void RecordRead(string connector, double? lagSeconds)
    {
        _read.Add(1, Of(connector));
        if (lagSeconds is { } lag) _lag.Record(lag, Of(connector), new("point", "read"));
    }

    internal void EventsMapped(string connector, int events) => _mapped.Add(events, Of(connector));

    internal void RecordUnmapped(string connector) => _unmapped.Add(1, Of(connector));

    internal void Published(string connector, int events) => _published.Add(events, Of(connector));

    internal void EventSettled(string connector, double? lagSeconds)
    {
        _settled.Add(1, Of(connector));
        if (lagSeconds is { } lag) _lag.Record(lag, Of(connector), new("point", "settled"));
    }

    internal void Retried(string connector, string operation) => _retries.Add(1, Of(connector), new("operation", operation));

    internal void TookOver(string connector) => _takeovers.Add(1, Of(connector));

    internal void Reconnecting(string connector) => _reconnects.Add(1, Of(connector));

    /// <summary>Records vanished before they were read.</summary>
    /// <param name="connector">Name.</param>
    /// <param name="records">How many, at most.</param>
    /// <param name="reason"><c>removed</c> at the origin, or <c>overflow</c> of a bounded queue here.</param>
    public void RecordsLost(string connector, long records, string reason) => _lost.Add(records, Of(connector), new("reason", reason));

    /// <summary>Continuity with what was read before is gone.</summary>
    /// <param name="connector">Name.</param>
    /// <param name="reason"><c>reset</c>: the origin begins anew. <c>disconnected</c>: an origin without memory was not heard for a while.</param>
    public void OriginReset(string connector, string reason) => _resets.Add(1, Of(connector), new("reason", reason));

    private static KeyValuePair<string, object?> Of(string connector) => new(ConnectorTag, connector);

    private IEnumerable<Measurement<T>> Each<T>(Func<ConnectorStatus, T> value)
        where T : struct => _connectors.Values.Select(status => new Measurement<T>(value(status), Of(status.Name)));
}
