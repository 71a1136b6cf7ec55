using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.Hosting;

/// <summary>The listener for operators: health, metrics, dead letters. Never expose it to the internet. Section <c>Operations</c>.</summary>
internal sealed class OperationsOptions : IValidatableObject
{
    /// <summary>Where operators and probes connect, separated by <c>;</c>. Default: http://127.0.0.1:9080.</summary>
    [Required]
    public string Urls { get; set; } = "http://127.0.0.1:9080";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var url in Urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            {
                yield return new ValidationResult($"Operations:Urls holds '{url}'; write http://address:port.", [nameof(Urls)]);
            }
        }
    }
}

[OptionsValidator]
internal sealed partial class OperationsOptionsValidator : IValidateOptions<OperationsOptions>;
