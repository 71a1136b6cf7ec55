using System.Text.Json.Serialization;

namespace E2EEvents.Grains.Interfaces.Kinds;

/// <summary>A report from a football match; <c>type</c> in the JSON tells which.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(FixtureAnnounced), "fixture")]
[JsonDerivedType(typeof(PeriodBegan), "period")]
[JsonDerivedType(typeof(ClockShown), "clock")]
[JsonDerivedType(typeof(AddedTimeAnnounced), "addedTime")]
[JsonDerivedType(typeof(GoalScored), "goal")]
[JsonDerivedType(typeof(GoalCancelled), "goalCancelled")]
[JsonDerivedType(typeof(CardShown), "card")]
[JsonDerivedType(typeof(PlayerSubstituted), "substitution")]
[JsonDerivedType(typeof(PenaltyKicked), "shootOutKick")]
[GenerateSerializer, Immutable, Alias("match.event")]
public abstract record MatchEvent;

/// <summary>An event that enters the timeline under its id. The same id with the same content changes nothing; with other content it is refused.</summary>
public interface IIncident
{
    /// <summary>Identity within the match: 1 to 64 letters, digits and <c>- . _ ~ : @</c>.</summary>
    string Id { get; }

    /// <summary>The side it counts for.</summary>
    Side Side { get; }
}

/// <summary>An incident during play.</summary>
public interface ITimedIncident : IIncident
{
    /// <summary>Minute of play, 1 to 120, in a half that has begun. A minute ahead of the clock moves the clock.</summary>
    int Minute { get; }

    /// <summary>Minute of added time, 1 to 30 at minutes 45, 90, 105 and 120, else 0.</summary>
    int Added { get; }
}

/// <summary><c>fixture</c>: who plays, where and when. May come again; once the match has kicked off the teams stay.</summary>
/// <param name="Competition">Name of the competition, 1 to 100 characters.</param>
/// <param name="Home">The home side.</param>
/// <param name="Away">The visiting side, of another code.</param>
/// <param name="KickOffAt">Planned kick-off.</param>
/// <param name="Venue">Name of the ground, at most 100 characters.</param>
/// <param name="Round">Matchday or stage, at most 100 characters.</param>
[GenerateSerializer, Immutable, Alias("match.fixture-announced")]
public sealed record FixtureAnnounced(string Competition, Team Home, Team Away, DateTimeOffset KickOffAt, string? Venue = null, string? Round = null) : MatchEvent;

/// <summary><c>period</c>: the match enters a period. Periods may be skipped and are never gone back to; only a postponed match is scheduled again.</summary>
/// <param name="Period">The period entered. Its half sets the clock running at its first minute, a break stops it.</param>
[GenerateSerializer, Immutable, Alias("match.period-began")]
public sealed record PeriodBegan(MatchPeriod Period) : MatchEvent;

/// <summary><c>clock</c>: the clock as shown.</summary>
/// <param name="Minute">Minute of play within the current half; not before the clock.</param>
/// <param name="Added">Minute of added time, 1 to 30 at the last minute of the half, else 0.</param>
/// <param name="Running">False while play is interrupted.</param>
[GenerateSerializer, Immutable, Alias("match.clock-shown")]
public sealed record ClockShown(int Minute, int Added = 0, bool Running = true) : MatchEvent;

/// <summary><c>addedTime</c>: the board with the minutes to be added to this half.</summary>
/// <param name="Minutes">0 to 30.</param>
[GenerateSerializer, Immutable, Alias("match.added-time-announced")]
public sealed record AddedTimeAnnounced(int Minutes) : MatchEvent;

/// <summary><c>goal</c>: a goal between kick-off and full time.</summary>
/// <param name="Id">As in <see cref="IIncident.Id"/>.</param>
/// <param name="Side">The side it counts for; the scorer of an own goal plays for the other one.</param>
/// <param name="Minute">As in <see cref="ITimedIncident.Minute"/>.</param>
/// <param name="Player">Who scored, 1 to 100 characters.</param>
/// <param name="Added">As in <see cref="ITimedIncident.Added"/>.</param>
/// <param name="Kind">How it was scored.</param>
/// <param name="Assist">Who prepared it, at most 100 characters; not the scorer, and nobody for an own goal.</param>
[GenerateSerializer, Immutable, Alias("match.goal-scored")]
public sealed record GoalScored(string Id, Side Side, int Minute, string Player, int Added = 0, GoalKind Kind = GoalKind.Play, string? Assist = null) : MatchEvent, ITimedIncident;

/// <summary><c>goalCancelled</c>: a goal, or a penalty of the shoot-out, does not count after all. It stays in the timeline, marked. Accepted at any time; a later reason replaces an earlier one.</summary>
/// <param name="GoalId">Id of the goal; an unknown one is refused.</param>
/// <param name="Reason">Why, 1 to 200 characters.</param>
[GenerateSerializer, Immutable, Alias("match.goal-cancelled")]
public sealed record GoalCancelled(string GoalId, string Reason) : MatchEvent;

/// <summary><c>card</c>: a card, from kick-off on; also after the final whistle.</summary>
/// <param name="Id">As in <see cref="IIncident.Id"/>.</param>
/// <param name="Side">The player's side.</param>
/// <param name="Minute">As in <see cref="ITimedIncident.Minute"/>.</param>
/// <param name="Player">Who is shown it, 1 to 100 characters.</param>
/// <param name="Colour">Which card.</param>
/// <param name="Added">As in <see cref="ITimedIncident.Added"/>.</param>
[GenerateSerializer, Immutable, Alias("match.card-shown")]
public sealed record CardShown(string Id, Side Side, int Minute, string Player, CardColour Colour, int Added = 0) : MatchEvent, ITimedIncident;

/// <summary><c>substitution</c>: a change of players between kick-off and full time.</summary>
/// <param name="Id">As in <see cref="IIncident.Id"/>.</param>
/// <param name="Side">The side that substitutes.</param>
/// <param name="Minute">As in <see cref="ITimedIncident.Minute"/>.</param>
/// <param name="Off">Who leaves, 1 to 100 characters.</param>
/// <param name="On">Who comes on, 1 to 100 characters; somebody else.</param>
/// <param name="Added">As in <see cref="ITimedIncident.Added"/>.</param>
[GenerateSerializer, Immutable, Alias("match.player-substituted")]
public sealed record PlayerSubstituted(string Id, Side Side, int Minute, string Off, string On, int Added = 0) : MatchEvent, ITimedIncident;

/// <summary><c>shootOutKick</c>: a penalty of the shoot-out, in the period penalties only.</summary>
/// <param name="Id">As in <see cref="IIncident.Id"/>.</param>
/// <param name="Side">The side that kicks.</param>
/// <param name="Player">Who kicks, 1 to 100 characters.</param>
/// <param name="Outcome">What came of it.</param>
[GenerateSerializer, Immutable, Alias("match.penalty-kicked")]
public sealed record PenaltyKicked(string Id, Side Side, string Player, KickOutcome Outcome) : MatchEvent, IIncident;
