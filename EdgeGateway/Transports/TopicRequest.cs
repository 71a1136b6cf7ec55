using System.Globalization;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>Reads topics, positions and waits out of requests; everything wrong is a <see cref="ProblemException"/> that says where.</summary>
internal static class TopicRequest
{
    /// <summary>The topic of <c>/topics/{kind}/{key}</c>.</summary>
    public static async ValueTask<TopicKey> TopicAsync(HttpContext http, KindMap kinds)
    {
        var kind = (string)http.Request.RouteValues["kind"]!;
        var key = (string)http.Request.RouteValues["key"]!;
        if (!TopicKey.TryCreate(kind, key, out var topic, out var error)) throw new ProblemException(Problem.BadTopic, error!);
        await CheckKindAsync(topic.Kind, kinds, http.RequestAborted).ConfigureAwait(false);
        return topic;
    }

    /// <exception cref="ProblemException">The kind is unknown.</exception>
    public static async ValueTask CheckKindAsync(string kind, KindMap kinds, CancellationToken cancellationToken)
    {
        bool known;
        try
        {
            known = await kinds.KnowsAsync(kind, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested) // nothing was ever loaded: the silos are not there yet
        {
            throw new ProblemException(Problem.Unavailable, "The region's silos do not answer yet; try again in a moment.");
        }

        if (!known) throw new ProblemException(Problem.UnknownKind, $"'{kind}' is not a topic kind here; GET /kinds lists them.");
    }

    /// <summary>A position from the query, or null if the parameter is absent.</summary>
    public static Position? Position(HttpContext http, string name)
    {
        var text = http.Request.Query[name];
        if (text.Count == 0) return null;
        return Grains.Interfaces.Topics.Position.TryParse(text.ToString(), out var position) ? position : throw BadPosition(name, text.ToString());
    }

    /// <summary><c>wait</c> as <c>10s</c>, <c>500ms</c> or <c>10</c> (seconds); zero if absent.</summary>
    public static TimeSpan Wait(HttpContext http, TimeSpan longest)
    {
        var text = http.Request.Query["wait"].ToString();
        if (text.Length == 0) return TimeSpan.Zero;
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1) : text.EndsWith('s') ? (text[..^1], 1000) : (text, 1000);
        // Written so that NaN is refused too: it parses as a number and compares as neither.
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || !(value >= 0 && value * unit <= longest.TotalMilliseconds))
        {
            throw new ProblemException(Problem.BadParameter, $"wait is '{text}'; write 10s or 500ms, at most {longest.TotalSeconds}s.");
        }

        return TimeSpan.FromMilliseconds(value * unit);
    }

    /// <summary>A whole number from the query.</summary>
    public static int Number(HttpContext http, string name, int fallback, int min, int max)
    {
        var text = http.Request.Query[name].ToString();
        if (text.Length == 0) return fallback;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw new ProblemException(Problem.BadParameter, $"{name} is '{text}'; it must be a whole number from {min} to {max}.");
    }

    public static ProblemException BadPosition(string where, string text) =>
        new(Problem.BadPosition, $"{where} is '{text}'; a position is epoch:offset, 16 hex digits and a number, as in 00f3a9c01d7e3b86:17.");
}
