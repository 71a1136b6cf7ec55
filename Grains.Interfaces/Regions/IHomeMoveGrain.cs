using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>Makes this region the home of a kind. Key: the kind. Its progress is stored: a move goes on after a crash until it is done or called off.</summary>
[Alias("e2e.home-move")]
public interface IHomeMoveGrain : IGrainWithStringKey
{
    /// <summary>
    /// Begins a move, or answers the one under way. Planned: the present home hands every topic over, nothing is lost, positions go on.
    /// With <paramref name="force"/>: the present home is lost; topics go on from this region's copies under new epochs. A planned move under way
    /// that cannot end is turned into a forced one.
    /// </summary>
    [Alias("start")]
    Task<MoveAnswer> StartAsync(bool force, CancellationToken cancellationToken);

    /// <summary>The last move; null = there was none.</summary>
    [Alias("status")]
    Task<HomeMove?> StatusAsync(CancellationToken cancellationToken);

    /// <summary>Calls a planned move off, while no topic has been handed over yet.</summary>
    [Alias("cancel")]
    Task<MoveAnswer> CancelAsync(CancellationToken cancellationToken);
}

/// <summary>Answer of <see cref="IHomeMoveGrain"/>.</summary>
/// <param name="Move">The move; null = there is none.</param>
/// <param name="Refusal">Why nothing was done; null = it was.</param>
[GenerateSerializer, Immutable, Alias("e2e.home-move-answer")]
public sealed record MoveAnswer([property: Id(0)] HomeMove? Move, [property: Id(1)] string? Refusal = null);

/// <summary>How far a move is.</summary>
public enum MovePhase
{
    /// <summary>The present home is told, so that its connectors stop.</summary>
    Announcing,

    /// <summary>The present home hands its topics over, page by page.</summary>
    HandingOver,

    /// <summary>Topics go on from this region's copies, page by page.</summary>
    TakingOver,

    /// <summary>All topics are here; the region's own term is raised, and then told to the others.</summary>
    Proclaiming,

    /// <summary>This region is the home.</summary>
    Done,

    /// <summary>It ended without a new home.</summary>
    CalledOff,
}

/// <summary>A move of a kind's home to this region.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="IsForced">True if it goes on from copies.</param>
/// <param name="From">The home before.</param>
/// <param name="To">The term that this region takes.</param>
/// <param name="Phase">How far it is.</param>
/// <param name="Topics">Topics that are here by now.</param>
/// <param name="StartedAt">Unix µs.</param>
/// <param name="EndedAt">Unix µs; 0 = not yet.</param>
/// <param name="Problem">Why it does not go on at present, or why it was called off; empty = nothing.</param>
/// <param name="Missing">Of a forced move: what may be missing, topic by topic. At most 1,000; each is in the log too.</param>
/// <param name="MissingMore">Topics beyond those in <paramref name="Missing"/>.</param>
[GenerateSerializer, Immutable, Alias("e2e.home-move-status")]
public sealed record HomeMove(
    [property: Id(0)] string Kind,
    [property: Id(1)] bool IsForced,
    [property: Id(2)] string From,
    [property: Id(3)] Term To,
    [property: Id(4)] MovePhase Phase,
    [property: Id(5)] long Topics,
    [property: Id(6)] long StartedAt,
    [property: Id(7)] long EndedAt,
    [property: Id(8)] string Problem,
    [property: Id(9)] MissingPart[] Missing,
    [property: Id(10)] long MissingMore);

/// <summary>What may be missing of a topic that went on from a copy.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Copied">Position of the copy: everything up to it is here. The old epoch.</param>
/// <param name="CommittedAt">When its newest change was committed, by the old home's clock, Unix µs; 0 = the copy has none.</param>
/// <param name="SeenUpTo">Offset of the same epoch up to which this region had seen changes: those after <paramref name="Copied"/> are missing for sure. 0 = none were seen. What came later is unknown.</param>
[GenerateSerializer, Immutable, Alias("e2e.missing-part")]
public sealed record MissingPart([property: Id(0)] string Topic, [property: Id(1)] Position Copied, [property: Id(2)] long CommittedAt, [property: Id(3)] long SeenUpTo);
