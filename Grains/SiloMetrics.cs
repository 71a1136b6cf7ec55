using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Linq;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains;

/// <summary>What a silo counts; <c>e2e.silo.*</c>. Tags: kind and outcome, never a topic.</summary>
internal sealed class SiloMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "E2EEvents.Silo";

    private readonly Meter _meter;
    private readonly Counter<long> _events;
    private readonly Counter<long> _commits;
    private readonly Histogram<double> _commitDuration;
    private readonly Counter<long> _transactions;
    private readonly Histogram<double> _transactionDuration;
    private readonly Histogram<int> _transactionTopics;
    private readonly Histogram<double> _eventLag;
    private readonly UpDownCounter<long> _topics;
    private readonly Counter<long> _framesFed;
    private readonly Counter<long> _bytesFed;
    private readonly Counter<long> _answersRepeated;
    private readonly UpDownCounter<long> _feeds;
    private readonly UpDownCounter<long> _follows;
    private readonly Counter<long> _deadLetters;
    private readonly ConcurrentDictionary<string, int> _deadLettersWaiting = new();
    private readonly Counter<long> _replicated;
    private readonly Counter<long> _replicatedBytes;
    private readonly Counter<long> _redials;

    public SiloMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _events = _meter.CreateCounter<long>("e2e.silo.events", "{event}", "Events taken by topics, by what became of them.");
        _commits = _meter.CreateCounter<long>("e2e.silo.commits", "{commit}", "Writes of topics to storage.");
        _commitDuration = _meter.CreateHistogram<double>("e2e.silo.commit.duration", "s", "Time storage took for one write of a topic.");
        _transactions = _meter.CreateCounter<long>("e2e.silo.storage.transactions", "{transaction}", "Transactions of topics in a SQL database, by what became of them.");
        _transactionDuration = _meter.CreateHistogram<double>("e2e.silo.storage.transaction.duration", "s", "Time a transaction of topics took.");
        _transactionTopics = _meter.CreateHistogram<int>("e2e.silo.storage.transaction.topics", "{topic}", "Topics that shared a transaction.");
        _eventLag = _meter.CreateHistogram<double>("e2e.silo.event.lag", "s", "Origin time of an event to its commit, by two clocks.");
        _topics = _meter.CreateUpDownCounter<long>("e2e.silo.topics", "{topic}", "Topics active on this silo.");
        _framesFed = _meter.CreateCounter<long>("e2e.silo.feed.frames", "{frame}", "Frames put into answers to gateways.");
        _bytesFed = _meter.CreateCounter<long>("e2e.silo.feed.bytes", "By", "Bytes of answers to gateways.");
        _answersRepeated = _meter.CreateCounter<long>("e2e.silo.feed.repeats", "{answer}", "Answers sent again because their receipt was not confirmed.");
        _feeds = _meter.CreateUpDownCounter<long>("e2e.silo.feeds", "{feed}", "Gateways that pull from this silo.");
        _follows = _meter.CreateUpDownCounter<long>("e2e.silo.follows", "{follow}", "Topics followed, counted once for each gateway.");
        _deadLetters = _meter.CreateCounter<long>("e2e.silo.dead_letters", "{event}", "Events stored as dead letters.");
        _meter.CreateObservableGauge(
            "e2e.silo.dead_letters.waiting",
            () => _deadLettersWaiting.Select(kind => new Measurement<long>(kind.Value, new KeyValuePair<string, object?>("kind", kind.Key))),
            "{event}",
            "Dead letters that wait for an operator, by kind, at the silo that keeps them.");
        _replicated = _meter.CreateCounter<long>("e2e.silo.replica.frames", "{frame}", "Frames taken over from other regions, by outcome.");
        _replicatedBytes = _meter.CreateCounter<long>("e2e.silo.replica.bytes", "By", "Bytes of their states.");
        _redials = _meter.CreateCounter<long>("e2e.silo.link.redials", "{dial}", "Links that failed and were dialled again, by region.");
    }

    public void Replicated(Fit fit, int bytes)
    {
        _replicated.Add(1, new KeyValuePair<string, object?>("outcome", fit switch { Fit.Next => "next", Fit.Gap => "hole", Fit.NewEpoch => "epoch", _ => "duplicate" }));
        _replicatedBytes.Add(bytes);
    }

    public void LinkRedialled(string region) => _redials.Add(1, new KeyValuePair<string, object?>("region", region));

    public void EventStaged(string kind, StageOutcome outcome) => _events.Add(1, new("kind", kind), new("outcome", NameOf(outcome)));

    public void Committed(string kind, TimeSpan took, bool succeeded)
    {
        var outcome = succeeded ? "stored" : "failed";
        _commits.Add(1, new("kind", kind), new("outcome", outcome));
        _commitDuration.Record(took.TotalSeconds, new("kind", kind), new("outcome", outcome));
    }

    /// <summary>A transaction of topics ended.</summary>
    public void Stored(string outcome, int topics, TimeSpan took)
    {
        _transactions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        _transactionDuration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));
        _transactionTopics.Record(topics, new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <param name="kind">Kind of the topic.</param>
    /// <param name="micros">Commit minus origin time, µs.</param>
    public void EventCommitted(string kind, long micros) => _eventLag.Record(micros / 1e6, new KeyValuePair<string, object?>("kind", kind));

    public void TopicActivated(string kind) => _topics.Add(1, new KeyValuePair<string, object?>("kind", kind));

    public void TopicDeactivated(string kind) => _topics.Add(-1, new KeyValuePair<string, object?>("kind", kind));

    public void Fed(int frames, int bytes)
    {
        _framesFed.Add(frames);
        _bytesFed.Add(bytes);
    }

    public void AnswerRepeated() => _answersRepeated.Add(1);

    public void FeedOpened() => _feeds.Add(1);

    public void FeedClosed() => _feeds.Add(-1);

    public void FollowsChanged(int by) => _follows.Add(by);

    /// <param name="kind">Whose.</param>
    /// <param name="waiting">How many wait for an operator; null = their grain is no longer here.</param>
    public void DeadLettersWaiting(string kind, int? waiting)
    {
        if (waiting is { } count) _deadLettersWaiting[kind] = count;
        else _deadLettersWaiting.TryRemove(kind, out _);
    }

    public void DeadLettersStored(string kind, int count) => _deadLetters.Add(count, new KeyValuePair<string, object?>("kind", kind));

    public void Dispose() => _meter.Dispose();

    private static string NameOf(StageOutcome outcome) => outcome switch
    {
        StageOutcome.Changed => "applied",
        StageOutcome.Unchanged => "unchanged",
        StageOutcome.Duplicate => "duplicate",
        _ => "refused",
    };
}
