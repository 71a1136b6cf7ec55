using System.Text.Json;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway.Transports.Http;

/// <summary>What there is: <c>GET /kinds</c> and <c>GET /topics/{kind}</c>.</summary>
internal sealed class ListEndpoints(KindMap kinds, IGrainFactory grains, IOptions<FeedOptions> feeds, TimeProvider time)
{
    private const int MaxPage = 1000;

    public async Task GetKindsAsync(HttpContext http)
    {
        if (!kinds.IsLoaded) throw new ProblemException(Problem.Unavailable, "The region's silos do not answer yet; try again in a moment.");
        var list = new List<KindBody>();
        foreach (var kind in kinds.All) list.Add(new KindBody(kind.Kind, kind.Delivery == Delivery.Every ? "every" : "latest", NameOf(kind.Publishers), kind.MaxRate > 0 ? kind.MaxRate : null));
        list.Sort((a, b) => string.CompareOrdinal(a.Kind, b.Kind));
        await WriteAsync(http, new KindsBody(list)).ConfigureAwait(false);
    }

    /// <summary>Pages through the shards of the catalogue one after the other; the cursor is <c>shard.number</c>.</summary>
    public async Task GetTopicsAsync(HttpContext http)
    {
        var kind = (string)http.Request.RouteValues["kind"]!;
        if (!TopicKey.IsKind(kind)) throw new ProblemException(Problem.BadTopic, $"'{kind}' is no kind name.");
        await TopicRequest.CheckKindAsync(kind, kinds, http.RequestAborted).ConfigureAwait(false);
        var limit = TopicRequest.Number(http, "limit", 100, 1, MaxPage);
        var (shard, after) = ReadCursor(http);
        var topics = new List<TopicBody>();
        string? next = null;
        while (shard < CatalogueKey.Shards)
        {
            var page = await ListAsync(CatalogueKey.Of(kind, shard), after, limit - topics.Count, http.RequestAborted).ConfigureAwait(false);
            foreach (var key in page.Keys) topics.Add(new TopicBody($"{kind}/{key}"));
            (shard, after) = page.More ? (shard, page.First + page.Keys.Length - 1) : (shard + 1, 0);
            if (topics.Count < limit) continue;
            if (shard < CatalogueKey.Shards) next = $"{shard}.{after}";
            break;
        }

        await WriteAsync(http, new TopicsBody(topics, next)).ConfigureAwait(false);
    }

    private async Task<CataloguePage> ListAsync(string shard, long after, int max, CancellationToken cancellationToken)
    {
        var deadline = feeds.Value.PullWait + feeds.Value.CallDeadline;
        try
        {
            return await grains.GetGrain<ICatalogueGrain>(shard).ListAsync(after, max, cancellationToken).WaitAsync(deadline, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
        {
            throw new ProblemException(Problem.Unavailable, "The catalogue does not answer; try again in a moment.");
        }
    }

    private static (int Shard, long After) ReadCursor(HttpContext http)
    {
        var text = http.Request.Query["after"].ToString();
        if (text.Length == 0) return (0, 0);
        var dot = text.IndexOf('.');
        if (dot > 0 && int.TryParse(text.AsSpan(0, dot), out var shard) && shard is >= 0 and < CatalogueKey.Shards && long.TryParse(text.AsSpan(dot + 1), out var after) && after >= 0)
        {
            return (shard, after);
        }

        throw new ProblemException(Problem.BadParameter, $"after is '{text}'; take it from 'next' of the page before.");
    }

    private static Task WriteAsync<T>(HttpContext http, T body)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = CacheRules.List;
        return http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body, StateEncoder.StateOptions), http.RequestAborted).AsTask();
    }

    private static string? NameOf(Publishers publishers) => publishers switch
    {
        Publishers.KeyHolders => "keyHolders",
        Publishers.Anyone => "anyone",
        _ => null,
    };

    private sealed record KindsBody(List<KindBody> Kinds);

    private sealed record KindBody(string Kind, string Delivery, string? Publishers, double? MaxRate);

    private sealed record TopicsBody(List<TopicBody> Topics, string? Next);

    private sealed record TopicBody(string Topic);
}
