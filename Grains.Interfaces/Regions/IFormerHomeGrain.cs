using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>
/// Puts aside what this region accepted of a kind after another one had been promoted without it. Key: the kind. Its progress is stored.
/// </summary>
[Alias("e2e.former-home")]
public interface IFormerHomeGrain : IGrainWithStringKey
{
    /// <summary>Compares all topics that this region has of the kind with where the new home went on; soon answered, done in the background.</summary>
    /// <returns>True once that is done for this term.</returns>
    [Alias("look")]
    Task<bool> LookAsync(Term home, CancellationToken cancellationToken);

    /// <summary>What was found last.</summary>
    [Alias("report")]
    Task<FormerHome> ReportAsync(CancellationToken cancellationToken);
}

/// <summary>What a region that is no longer home had accepted in vain.</summary>
/// <param name="Home">The term it was compared with; default = never.</param>
/// <param name="IsDone">True once all topics have been compared.</param>
/// <param name="Problem">Why it does not go on at present; empty = nothing.</param>
/// <param name="Lost">Topics with changes that are no part of them any more. At most 1,000; each is in the log too.</param>
/// <param name="LostMore">Topics beyond those in <paramref name="Lost"/>.</param>
[GenerateSerializer, Immutable, Alias("e2e.former-home-report")]
public sealed record FormerHome(
    [property: Id(0)] Term Home, [property: Id(1)] bool IsDone, [property: Id(2)] string Problem, [property: Id(3)] LostPart[] Lost, [property: Id(4)] long LostMore);

/// <summary>Changes of one topic that are lost.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Top">Where this region had got to.</param>
/// <param name="From">First offset that is gone; 0 = not known where the new home went on, so all that is kept was put aside.</param>
/// <param name="KeptFrom">First offset of those whose states are among the dead letters; 0 = none is. Those before are gone.</param>
[GenerateSerializer, Immutable, Alias("e2e.lost-part")]
public sealed record LostPart([property: Id(0)] string Topic, [property: Id(1)] Position Top, [property: Id(2)] long From, [property: Id(3)] long KeptFrom);
