using System.Collections.Concurrent;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace E2EEvents.Streams.Tests;

/// <summary>An event of the tests: the n-th of its stream.</summary>
[GenerateSerializer, Immutable, Alias("streams.tests.number")]
public sealed record Number([property: Id(0)] long Value, [property: Id(1)] byte[]? Padding = null);

/// <summary>What consumers have taken, over all silos and restarts of a test.</summary>
public sealed class Ledger
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<long>> _taken = new();

    /// <summary>Called before a container is taken; throws to refuse it, waits to be slow. Default: nothing.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Containers taken.</summary>
    public int Containers { get; private set; }

    public IReadOnlyCollection<long> Of(string stream) => _taken.GetOrAdd(stream, _ => new());

    public void Take(string stream, IEnumerable<long> values)
    {
        var taken = _taken.GetOrAdd(stream, _ => new());
        foreach (var value in values) taken.Enqueue(value);
        lock (_taken) Containers++;
    }

    /// <summary>What was taken first, repeats left out.</summary>
    public List<long> DistinctOf(string stream)
    {
        var seen = new HashSet<long>();
        var order = new List<long>();
        foreach (var value in Of(stream))
        {
            if (seen.Add(value)) order.Add(value);
        }

        return order;
    }
}

public interface ITaker : IGrainWithStringKey;

/// <summary>Consumes the streams of the namespace "numbers".</summary>
[ImplicitStreamSubscription(Taker.Space)]
public sealed class Taker(Ledger ledger) : Grain, ITaker, IStreamSubscriptionObserver, IAsyncBatchObserver<Number>
{
    public const string Space = "numbers";

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<Number>().ResumeAsync(this);

    public async Task OnNextAsync(IList<SequentialItem<Number>> items)
    {
        var stream = this.GetPrimaryKeyString();
        await ledger.Before(stream);
        var values = new List<long>();
        foreach (var item in items) values.Add(item.Item.Value);
        ledger.Take(stream, values);
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
}
