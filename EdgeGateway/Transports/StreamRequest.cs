using System.Globalization;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>What a client asks of a stream: topics, where to resume each, and the view.</summary>
internal sealed record StreamRequest(IReadOnlyList<StreamTopic> Topics, bool Deltas, FieldSet? Fields, double MaxRate)
{
    /// <summary>Reads a request for one topic (route) or several (<c>?topic=…&amp;topic=…</c>).</summary>
    public static async ValueTask<StreamRequest> ReadAsync(HttpContext http, KindMap kinds, GatewayOptions options)
    {
        var delta = http.Request.Query["delta"].ToString();
        if (delta is not ("" or "merge")) throw new ProblemException(Problem.BadParameter, $"delta is '{delta}'; the only one is merge (RFC 7396).");
        var all = new StreamRequest([], delta.Length > 0, FieldsQuery.Read(http), RateOf(http));

        if (http.Request.RouteValues.ContainsKey("kind"))
        {
            var topic = await TopicRequest.TopicAsync(http, kinds).ConfigureAwait(false);
            all.CheckRate(topic, kinds);
            return all with { Topics = [new StreamTopic(topic, ResumeOne(http))] };
        }

        var topics = await TopicsAsync(http, kinds, options).ConfigureAwait(false);
        foreach (var topic in topics) all.CheckRate(topic, kinds);
        if (topics.Count == 1 && Position.TryParse(ResumeText(http), out var one)) return all with { Topics = [new StreamTopic(topics[0], one)] }; // the id that such a stream gives

        var resume = ResumeMany(http);
        return all with { Topics = topics.ConvertAll(topic => new StreamTopic(topic, resume.TryGetValue(topic, out var position) ? position : null)) };
    }

    /// <summary>Updates per second; 0 if the parameter is absent.</summary>
    private static double RateOf(HttpContext http)
    {
        var text = http.Request.Query["maxRate"].ToString();
        if (text.Length == 0) return 0;
        // Written so that NaN is refused too.
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate) && rate >= TopicKindAttribute.LeastRate && rate <= TopicKindAttribute.MostRate
            ? rate
            : throw new ProblemException(Problem.BadParameter, string.Create(CultureInfo.InvariantCulture, $"maxRate is '{text}'; write updates per second from {TopicKindAttribute.LeastRate} to {TopicKindAttribute.MostRate}."));
    }

    private void CheckRate(TopicKey topic, KindMap kinds)
    {
        if (MaxRate > 0 && kinds.DeliveryOf(topic.Kind) == Delivery.Every)
        {
            throw new ProblemException(Problem.BadParameter, $"maxRate with '{topic}': clients of '{topic.Kind}' are promised every change, so none may be left out. Take it on a stream of its own, or leave maxRate away.");
        }
    }

    private static async ValueTask<List<TopicKey>> TopicsAsync(HttpContext http, KindMap kinds, GatewayOptions options)
    {
        var names = http.Request.Query["topic"];
        if (names.Count == 0) throw new ProblemException(Problem.BadParameter, "Name the topics: ?topic=kind/key&topic=kind/key.");
        if (names.Count > options.MaxTopicsPerConnection)
        {
            throw new ProblemException(Problem.BadParameter, $"{names.Count} topics; a stream takes at most {options.MaxTopicsPerConnection}. Open several streams.");
        }

        var topics = new List<TopicKey>(names.Count);
        foreach (var name in names)
        {
            if (!TopicKey.TryParse(name, out var topic, out var error)) throw new ProblemException(Problem.BadTopic, $"topic '{name}': {error}");
            if (topics.Contains(topic)) throw new ProblemException(Problem.BadParameter, $"topic '{name}' is named twice.");
            await TopicRequest.CheckKindAsync(topic.Kind, kinds, http.RequestAborted).ConfigureAwait(false);
            topics.Add(topic);
        }

        return topics;
    }

    // A reconnecting EventSource repeats the URL it was opened with, so the header is the newer word.
    private static string ResumeText(HttpContext http)
    {
        var header = http.Request.Headers["Last-Event-ID"].ToString();
        return header.Length > 0 ? header : http.Request.Query["after"].ToString();
    }

    private static Position? ResumeOne(HttpContext http)
    {
        var text = ResumeText(http);
        if (text.Length == 0) return null;
        return Position.TryParse(text, out var position) ? position : throw TopicRequest.BadPosition("after (or Last-Event-ID)", text);
    }

    private static Dictionary<TopicKey, Position> ResumeMany(HttpContext http)
    {
        var resume = new Dictionary<TopicKey, Position>();
        foreach (var part in ResumeText(http).Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.LastIndexOf('@');
            if (at < 0 || !TopicKey.TryParse(part[..at], out var topic, out _) || !Position.TryParse(part.AsSpan(at + 1), out var position))
            {
                throw new ProblemException(Problem.BadPosition, $"after (or Last-Event-ID) holds '{part}'; write kind/key@epoch:offset, several joined by commas.");
            }

            resume[topic] = position;
        }

        return resume;
    }
}

/// <summary>One topic of a stream and the client's position in it; null = none.</summary>
internal readonly record struct StreamTopic(TopicKey Topic, Position? After);
