using System.Text.Json.Serialization;

namespace E2EEvents.Grains.Interfaces.Kinds;

/// <summary>One thing that happened in a match. The timeline is an object keyed by incident id, so that a merge patch holds only what is new.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Goal), "goal")]
[JsonDerivedType(typeof(Card), "card")]
[JsonDerivedType(typeof(Substitution), "substitution")]
[JsonDerivedType(typeof(ShootOutKick), "shootOutKick")]
[GenerateSerializer, Immutable, Alias("match.timeline-entry")]
public abstract record TimelineEntry
{
    /// <summary>Number in the order of arrival, from 1. An incident reported late has an earlier minute and a higher order.</summary>
    public abstract int Order { get; init; }

    /// <summary>The side it counts for.</summary>
    public abstract Side Side { get; init; }
}

/// <summary>A goal.</summary>
/// <param name="Order">Number in the order of arrival, from 1.</param>
/// <param name="Side">The side it counts for; the scorer of an own goal plays for the other one.</param>
/// <param name="Minute">Minute of play, 1 to 120.</param>
/// <param name="Added">Minute of added time, 0 in regular time.</param>
/// <param name="Player">Who scored.</param>
/// <param name="Kind">How it was scored.</param>
/// <param name="Assist">Who prepared it; null = nobody or not known.</param>
/// <param name="Cancelled">Why it does not count after all (VAR); null = it stands.</param>
[GenerateSerializer, Immutable, Alias("match.goal")]
public sealed record Goal(int Order, Side Side, int Minute, int Added, string Player, GoalKind Kind, string? Assist, string? Cancelled) : TimelineEntry;

/// <summary>A card.</summary>
/// <param name="Order">Number in the order of arrival, from 1.</param>
/// <param name="Side">The player's side.</param>
/// <param name="Minute">Minute of play, 1 to 120.</param>
/// <param name="Added">Minute of added time, 0 in regular time.</param>
/// <param name="Player">Who was shown it.</param>
/// <param name="Colour">Which card.</param>
[GenerateSerializer, Immutable, Alias("match.card")]
public sealed record Card(int Order, Side Side, int Minute, int Added, string Player, CardColour Colour) : TimelineEntry;

/// <summary>A substitution.</summary>
/// <param name="Order">Number in the order of arrival, from 1.</param>
/// <param name="Side">The side that substitutes.</param>
/// <param name="Minute">Minute of play, 1 to 120.</param>
/// <param name="Added">Minute of added time, 0 in regular time.</param>
/// <param name="Off">Who leaves.</param>
/// <param name="On">Who comes on.</param>
[GenerateSerializer, Immutable, Alias("match.substitution")]
public sealed record Substitution(int Order, Side Side, int Minute, int Added, string Off, string On) : TimelineEntry;

/// <summary>A penalty of the shoot-out.</summary>
/// <param name="Order">Number in the order of arrival, from 1.</param>
/// <param name="Side">The side that kicks.</param>
/// <param name="Player">Who kicks.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Cancelled">Why it does not count after all (retaken); null = it stands.</param>
[GenerateSerializer, Immutable, Alias("match.shoot-out-kick")]
public sealed record ShootOutKick(int Order, Side Side, string Player, KickOutcome Outcome, string? Cancelled) : TimelineEntry;

/// <summary>How a goal was scored.</summary>
public enum GoalKind
{
    /// <summary>From play.</summary>
    Play,

    /// <summary>From the penalty spot, during play.</summary>
    Penalty,

    /// <summary>By a player of the other side.</summary>
    OwnGoal,
}

/// <summary>A referee's card.</summary>
public enum CardColour
{
    /// <summary>A caution.</summary>
    Yellow,

    /// <summary>The second caution: sent off.</summary>
    SecondYellow,

    /// <summary>Sent off at once.</summary>
    Red,
}

/// <summary>What came of a penalty in a shoot-out.</summary>
public enum KickOutcome
{
    /// <summary>It went in.</summary>
    Scored,

    /// <summary>The keeper held it.</summary>
    Saved,

    /// <summary>It missed the goal.</summary>
    Missed,
}
