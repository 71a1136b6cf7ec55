using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace E2EEvents.EdgeGateway.Operations;

/// <summary>What the operators' endpoints have in common.</summary>
internal static class OperatorAnswers
{
    /// <summary>Longest wait for a grain.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>For people to read; what is null is left out.</summary>
    public static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <summary>A refusal if a web page asks, else null: a page that an operator happens to visit must not change anything. Browsers name the page's origin, tools name none.</summary>
    public static IResult? RefusePage(HttpRequest request) => request.Headers.Origin.Count > 0 ? Results.Problem("Not from a web page.", statusCode: 403) : null;

    /// <summary>Unix µs as a time; 0 = there is none.</summary>
    public static DateTimeOffset? TimeOf(long microseconds) => microseconds == 0 ? null : DateTimeOffset.UnixEpoch.AddMicroseconds(microseconds);
}
