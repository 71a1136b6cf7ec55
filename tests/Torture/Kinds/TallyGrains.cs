using E2EEvents.Grains.Topics;

namespace E2EEvents.Torture.Kinds;

/// <summary>Every count reaches clients.</summary>
[TopicKind("tally", Delivery.Every, Publishers = Publishers.KeyHolders)]
public sealed class TallyGrain : TopicGrain<Tally, Counted>
{
    protected override Tally Initial => Tally.Zero;

    protected override Tally Apply(Tally state, Counted e) => state.With(e.Id);

    protected override string? Refuse(Tally state, Counted e) => TallyRules.Refuse(e);
}

/// <summary>Clients get the newest count.</summary>
[TopicKind("newest-tally", Delivery.Latest)]
public sealed class NewestTallyGrain : TopicGrain<Tally, Counted>
{
    protected override Tally Initial => Tally.Zero;

    protected override Tally Apply(Tally state, Counted e) => state.With(e.Id);

    protected override string? Refuse(Tally state, Counted e) => TallyRules.Refuse(e);
}

internal static class TallyRules
{
    public const string Poison = "poison";

    public static string? Refuse(Counted e) => e.Id.StartsWith(Poison, StringComparison.Ordinal) ? "a poison event" : null;
}
