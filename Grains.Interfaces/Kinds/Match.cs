using System.Collections.Immutable;

namespace E2EEvents.Grains.Interfaces.Kinds;

/// <summary>A football match as last reported. Topic kind <c>match</c>, delivery Every.</summary>
/// <param name="Competition">Name of the competition; null until a fixture was announced.</param>
/// <param name="Round">Matchday or stage within the competition.</param>
/// <param name="Venue">Name of the ground.</param>
/// <param name="KickOffAt">Planned kick-off, UTC.</param>
/// <param name="Home">The side that plays at home; null until a fixture was announced.</param>
/// <param name="Away">The visiting side; null until a fixture was announced.</param>
/// <param name="Period">Where the match stands. Never goes back, except from postponed to scheduled.</param>
/// <param name="Clock">The match clock. Never runs backwards within a period.</param>
/// <param name="Timeline">What happened, by incident id; at most <see cref="MaxTimeline"/> entries, none ever leaves.</param>
[GenerateSerializer, Immutable, Alias("match")]
public sealed record Match(
    string? Competition,
    string? Round,
    string? Venue,
    DateTimeOffset? KickOffAt,
    Team? Home,
    Team? Away,
    MatchPeriod Period,
    MatchClock Clock,
    ImmutableSortedDictionary<string, TimelineEntry> Timeline)
{
    /// <summary>Most entries of a timeline; an incident beyond it is refused.</summary>
    public const int MaxTimeline = 200;

    /// <summary>A match nothing is known of yet.</summary>
    public static Match Empty { get; } = new(
        null, null, null, null, null, null, MatchPeriod.Scheduled, new MatchClock(0, 0, false, null), ImmutableSortedDictionary.Create<string, TimelineEntry>(StringComparer.Ordinal));

    /// <summary>Goals that stand, counted from the timeline. The shoot-out is not part of it.</summary>
    public Score Score => Count(static entry => entry is Goal { Cancelled: null });

    /// <summary>Penalties of the shoot-out that went in, counted from the timeline; null while there is no shoot-out.</summary>
    public Score? ShootOut => Period == MatchPeriod.Penalties || Count(static entry => entry is ShootOutKick) is not { Home: 0, Away: 0 }
        ? Count(static entry => entry is ShootOutKick { Outcome: KickOutcome.Scored, Cancelled: null })
        : null;

    private Score Count(Func<TimelineEntry, bool> counts)
    {
        var (home, away) = (0, 0);
        foreach (var (_, entry) in Timeline)
        {
            if (!counts(entry)) continue;
            if (entry.Side == Side.Home) home++;
            else away++;
        }

        return new Score(home, away);
    }
}

/// <summary>One of the two teams.</summary>
/// <param name="Code">Short code, 1 to 8 characters, unlike the other team's.</param>
/// <param name="Name">Full name, 1 to 100 characters.</param>
[GenerateSerializer, Immutable, Alias("match.team")]
public sealed record Team(string Code, string Name);

/// <summary>Which of the two teams.</summary>
public enum Side
{
    /// <summary>The team that plays at home.</summary>
    Home,

    /// <summary>The visiting team.</summary>
    Away,
}

/// <summary>A count for each side.</summary>
/// <param name="Home">Of the home side, from 0.</param>
/// <param name="Away">Of the away side, from 0.</param>
[GenerateSerializer, Immutable, Alias("match.score")]
public sealed record Score(int Home, int Away);

/// <summary>Where a match stands, in the order of play. A match may skip periods, and go through them in this order only.</summary>
public enum MatchPeriod
{
    /// <summary>Not kicked off yet.</summary>
    Scheduled,

    /// <summary>Minutes 1 to 45.</summary>
    FirstHalf,

    /// <summary>The break after 45 minutes.</summary>
    HalfTime,

    /// <summary>Minutes 46 to 90.</summary>
    SecondHalf,

    /// <summary>The break before extra time.</summary>
    ExtraTimeBreak,

    /// <summary>Minutes 91 to 105.</summary>
    ExtraTimeFirstHalf,

    /// <summary>The break after 105 minutes.</summary>
    ExtraTimeHalfTime,

    /// <summary>Minutes 106 to 120.</summary>
    ExtraTimeSecondHalf,

    /// <summary>The break before a shoot-out.</summary>
    PenaltiesBreak,

    /// <summary>The shoot-out.</summary>
    Penalties,

    /// <summary>Over.</summary>
    FullTime,

    /// <summary>Put off before kick-off; may be scheduled again.</summary>
    Postponed,

    /// <summary>Broken off after kick-off, for good.</summary>
    Abandoned,
}

/// <summary>The match clock as a scoreboard shows it.</summary>
/// <param name="Minute">Minute of play: 1 in the first minute, 46 when the second half begins; 0 before kick-off. At most 120.</param>
/// <param name="Added">Minute of added time: 2 in "45+2"; 0 in regular time. At most 30.</param>
/// <param name="Running">False in breaks, while play is interrupted, and before and after the match.</param>
/// <param name="Announced">Minutes of added time announced for this half; null = none yet.</param>
[GenerateSerializer, Immutable, Alias("match.clock")]
public sealed record MatchClock(int Minute, int Added, bool Running, int? Announced);
