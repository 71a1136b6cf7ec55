namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>The terms that this region knows, stored: they override the configured homes and only ever rise. Key 0.</summary>
[Alias("e2e.homes")]
public interface IHomesGrain : IGrainWithIntegerKey
{
    /// <summary>All terms that differ from configuration or have been learnt.</summary>
    [Alias("list")]
    Task<KindTerm[]> ListAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Takes over the terms that are above those known, stores them, and answers with all that are known now. Kinds that this region has not are
    /// left out. What another region says about <see cref="KindTerm.Leaving"/> counts for nothing: that is the home's own to say.
    /// </summary>
    [Alias("learn")]
    Task<KindTerm[]> LearnAsync(KindTerm[] terms, CancellationToken cancellationToken);

    /// <summary>Announces, or calls off, a planned move of a kind that has its home here, to a term above the present one.</summary>
    /// <returns>The term known then; <see cref="KindTerm.Leaving"/> as asked if that was accepted, which it is only at home.</returns>
    [Alias("leave")]
    Task<KindTerm> LeaveAsync(string kind, Term to, bool leaving, CancellationToken cancellationToken);
}

/// <summary>The term of one kind.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Term">Its home and how high.</param>
/// <param name="Leaving">True between the announcement of a planned move and its hand-over: connectors stop, topics still accept what is under way.</param>
[GenerateSerializer, Immutable, Alias("e2e.kind-term")]
public sealed record KindTerm([property: Id(0)] string Kind, [property: Id(1)] Term Term, [property: Id(2)] bool Leaving = false)
{
    /// <summary>The term announced while <see cref="Leaving"/>: only that move may take the kind's topics.</summary>
    [Id(3)]
    public Term? LeavingTo { get; init; }
}
