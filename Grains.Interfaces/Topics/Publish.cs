namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>Who may publish to a kind's topics through a gateway.</summary>
public enum Publishers
{
    /// <summary>Nobody: only connectors feed it.</summary>
    None,

    /// <summary>Whoever has one of the gateway's keys.</summary>
    KeyHolders,

    /// <summary>Everybody who reaches the gateway.</summary>
    Anyone,
}

/// <summary>What became of a published event.</summary>
public enum PublishOutcome
{
    /// <summary>It is stored, whether it changed the state or not.</summary>
    Accepted,

    /// <summary>The same event id was accepted before; nothing was done.</summary>
    Duplicate,

    /// <summary>It was not applied; see the reason. Publishing the same again gives the same.</summary>
    Refused,

    /// <summary>The topic's home is elsewhere; ask again by the kind's present term.</summary>
    NotHome,

    /// <summary>It is not known whether it was stored (home did not answer in time). Publish again with the same event id.</summary>
    Unknown,
}

/// <summary>Answer to a publication.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Position">Where the topic stands with it: at least the event's own position. Default unless accepted or a duplicate.</param>
/// <param name="Reason">Why it was refused or is unknown.</param>
[GenerateSerializer, Immutable, Alias("e2e.publish-answer")]
public sealed record PublishAnswer(
    [property: Id(0)] PublishOutcome Outcome,
    [property: Id(1)] Position Position,
    [property: Id(2)] string? Reason = null);
