using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace E2EEvents.Streams;

/// <summary>What streams count; <c>e2e.streams.*</c>. Tags: provider and queue, never a stream.</summary>
internal sealed class StreamsMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "E2EEvents.Streams";

    private readonly Meter _meter;
    private readonly Counter<long> _appended;
    private readonly Counter<long> _refused;
    private readonly Histogram<double> _appendDuration;
    private readonly Counter<long> _delivered;
    private readonly Counter<long> _redelivered;
    private readonly Counter<long> _undeliverable;
    private readonly ConcurrentDictionary<(string Provider, int Queue), (long Entries, double Age)> _lags = new();

    public StreamsMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _appended = _meter.CreateCounter<long>("e2e.streams.appended", "{container}", "Containers appended and acknowledged.");
        _refused = _meter.CreateCounter<long>("e2e.streams.refused", "{container}", "Containers not acknowledged, by why.");
        _appendDuration = _meter.CreateHistogram<double>("e2e.streams.append.duration", "s", "Append to acknowledgement, waits for room included.");
        _delivered = _meter.CreateCounter<long>("e2e.streams.delivered", "{container}", "Containers delivered to all consumers and deleted from the log.");
        _redelivered = _meter.CreateCounter<long>("e2e.streams.redelivered", "{container}", "Containers that a new owner of a queue found in its log: what the one before had not yet delivered, or not yet deleted.");
        _undeliverable = _meter.CreateCounter<long>("e2e.streams.undeliverable", "{container}", "Containers without a consumer, or whose bytes cannot be read.");
        _meter.CreateObservableGauge("e2e.streams.lag", Entries, "{container}", "Entries in the log of a queue; told by its owner.");
        _meter.CreateObservableGauge("e2e.streams.lag.age", Ages, "s", "Age of the oldest entry that is not delivered, by the clocks of Redis and owner.");
    }

    public void Appended(string provider, int queue, TimeSpan took)
    {
        _appended.Add(1, new("provider", provider), new("queue", queue));
        _appendDuration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("provider", provider));
    }

    public void Refused(string provider, int queue, string outcome) => _refused.Add(1, new("provider", provider), new("queue", queue), new("outcome", outcome));

    public void Delivered(string provider, int queue, int count) => _delivered.Add(count, new("provider", provider), new("queue", queue));

    public void Redelivered(string provider, int queue, int count) => _redelivered.Add(count, new("provider", provider), new("queue", queue));

    public void Undeliverable(string provider, int queue, int count) => _undeliverable.Add(count, new("provider", provider), new("queue", queue));

    public void Lag(string provider, int queue, long entries, TimeSpan age) => _lags[(provider, queue)] = (entries, age.TotalSeconds);

    /// <summary>The queue has another owner, who tells its lag.</summary>
    public void NoLag(string provider, int queue) => _lags.TryRemove((provider, queue), out _);

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Entries()
    {
        foreach (var ((provider, queue), (entries, _)) in _lags) yield return new(entries, new("provider", provider), new("queue", queue));
    }

    private IEnumerable<Measurement<double>> Ages()
    {
        foreach (var ((provider, queue), (_, age)) in _lags) yield return new(age, new("provider", provider), new("queue", queue));
    }
}
