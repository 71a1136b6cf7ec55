using System.Globalization;

namespace E2EEvents.Connectors.Sample;

/// <summary>Where the sample feed goes on: <c>incarnation:round:step</c> of the last step read.</summary>
/// <param name="Incarnation">When the feed began, Unix seconds.</param>
/// <param name="Place">The last step read.</param>
internal readonly record struct SampleToken(long Incarnation, SamplePlace Place)
{
    /// <exception cref="FormatException">The text is no token of this connector.</exception>
    public static SampleToken Parse(ResumeToken token)
    {
        var parts = token.Value.Split(':');
        return parts.Length == 3
            && long.TryParse(parts[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var incarnation)
            && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var round)
            && int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var step)
            && step < SamplePlace.MaxSteps
            ? new SampleToken(incarnation, new SamplePlace(round, step))
            : throw new FormatException($"'{token.Value}' is no checkpoint of the sample feed (incarnation:round:step). Remove it to begin anew.");
    }

    public ResumeToken ToResumeToken() => new(FormattableString.Invariant($"{Incarnation}:{Place.Round}:{Place.Step}"));
}
