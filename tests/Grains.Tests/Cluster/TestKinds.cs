using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>A sum and what was added last; a state simple enough to say in a test what it must be.</summary>
public sealed record Tally(long Sum, int Count, string? Note)
{
    public static Tally Empty { get; } = new(0, 0, null);
}

/// <summary>Adds a number: 0 changes nothing, a negative one is refused, 666 is a bug of the kind.</summary>
public sealed record Added(long By, string? Note = null);

[TopicKind("test-every", Delivery.Every)]
public sealed class EveryTallyGrain : TopicGrain<Tally, Added>
{
    protected override Tally Initial => Tally.Empty;

    protected override Tally Apply(Tally state, Added e) => TallyRules.Apply(state, e);

    protected override string? Refuse(Tally state, Added e) => TallyRules.Refuse(e);
}

[TopicKind("test-latest", Delivery.Latest)]
public sealed class LatestTallyGrain : TopicGrain<Tally, Added>
{
    protected override Tally Initial => Tally.Empty;

    protected override Tally Apply(Tally state, Added e) => TallyRules.Apply(state, e);

    protected override string? Refuse(Tally state, Added e) => TallyRules.Refuse(e);
}

/// <summary>The rule of both kinds.</summary>
internal sealed class TallyRules : IReducer<Tally, Added>
{
    public Tally Initial => Tally.Empty;

    public static Tally Apply(Tally state, Added e) => e.By switch
    {
        0 => state,
        666 => throw new InvalidOperationException("a bug of the kind"),
        _ => new Tally(state.Sum + e.By, state.Count + 1, e.Note),
    };

    public static string? Refuse(Added e) => e.By < 0 ? "negative" : null;

    Tally IReducer<Tally, Added>.Apply(Tally state, Added e) => Apply(state, e);

    string? IReducer<Tally, Added>.Refuse(Tally state, Added e) => Refuse(e);
}
