using System.ComponentModel.DataAnnotations;
using System.Linq;
using Microsoft.Extensions.Options;

namespace E2EEvents.Connectors.Sample;

/// <summary>A connector of type Sample: an endless made-up feed of matches, tickers, weather and news.</summary>
internal sealed class SampleOptions : ConnectorOptions, IValidatableObject
{
    /// <summary>Minutes of play in a minute, 0.1 to 100,000. Default: 15; a match of 90 minutes takes 6 (with its break 7), and about 13 events come in a second.</summary>
    [Range(0.1, 100_000)]
    public double Speed { get; set; } = SampleFeed.NominalSpeed;

    /// <summary>Another seed is another world. Default: 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// When the feed began, to the second; the events' own times count from there, and it is the incarnation of the source. Later than at the start before:
    /// the feed begins anew. Default: the first start.
    /// </summary>
    public DateTimeOffset? StartAt { get; set; }

    /// <summary>Kinds to play: match, ticker, weather, news. Default: none, which means all.</summary>
    public List<string> Kinds { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var kind in Kinds)
        {
            if (SampleConnector.AllKinds.Contains(kind)) continue;
            yield return new ValidationResult($"Kinds names '{kind}'; the sample feed has {string.Join(", ", SampleConnector.AllKinds)}.", [nameof(Kinds)]);
        }
    }
}

[OptionsValidator]
internal sealed partial class SampleOptionsValidator : IValidateOptions<SampleOptions>;
