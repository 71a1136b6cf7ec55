using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Grains.Kinds;

/// <summary>Minutes and halves of a match. A half is numbered 1 to 4; minute 0 (before kick-off) is half 0.</summary>
internal static class MatchTime
{
    private const int MaxAdded = 30; // the longest added time on record is 27 minutes

    /// <summary>The minute with which a half begins; null for what is not a half.</summary>
    public static int? FirstMinute(MatchPeriod period) => period switch
    {
        MatchPeriod.FirstHalf => 1,
        MatchPeriod.SecondHalf => 46,
        MatchPeriod.ExtraTimeFirstHalf => 91,
        MatchPeriod.ExtraTimeSecondHalf => 106,
        _ => null,
    };

    /// <summary>What the clock shows at least once a break begins; a source that joined late skips the halves before it.</summary>
    public static int MinutesPlayedBefore(MatchPeriod period) => period switch
    {
        MatchPeriod.HalfTime => 45,
        MatchPeriod.ExtraTimeBreak or MatchPeriod.PenaltiesBreak or MatchPeriod.Penalties or MatchPeriod.FullTime => 90,
        MatchPeriod.ExtraTimeHalfTime => 105,
        _ => 0,
    };

    public static int HalfOf(int minute) => minute switch
    {
        <= 0 => 0,
        <= 45 => 1,
        <= 90 => 2,
        <= 105 => 3,
        _ => 4,
    };

    public static bool IsAheadInSameHalf(MatchClock clock, int minute, int added) =>
        HalfOf(minute) == HalfOf(clock.Minute) && (minute, added).CompareTo((clock.Minute, clock.Added)) > 0;

    /// <summary>Null, or why there is no such minute.</summary>
    public static string? Refuse(int minute, int added)
    {
        if (minute is < 1 or > 120) return $"There is no minute {minute}; 1 to 120 is allowed.";
        if (added is < 0 or > MaxAdded) return $"There is no added minute {added}; 0 to {MaxAdded} is allowed.";
        return added > 0 && minute is not (45 or 90 or 105 or 120) ? $"There is no minute {minute}+{added}; time is added at minutes 45, 90, 105 and 120." : null;
    }

    public static string Show(int minute, int added) => added == 0 ? $"{minute}" : $"{minute}+{added}";
}
