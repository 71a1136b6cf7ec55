using System.Globalization;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace E2EEvents.EdgeGateway.Transports.Http;

/// <summary>Plain HTTP over one topic: its state, what came after a position, "read your write", and immutable ranges of history.</summary>
internal sealed class TopicEndpoints(TopicReads reads, TopicFollower follower, Admission admission, KindMap kinds, IOptions<GatewayOptions> options)
{
    private const int MaxRange = 1000;

    /// <summary><c>GET /topics/{kind}/{key}</c> in its three forms.</summary>
    public async Task GetAsync(HttpContext http)
    {
        var topic = await TopicRequest.TopicAsync(http, kinds).ConfigureAwait(false);
        var wait = TopicRequest.Wait(http, options.Value.MaxWait);
        var fields = FieldsQuery.Read(http);
        if (follower.Find(topic.ToString()) is null) admission.AskForNewTopics(http, 1);
        if (TopicRequest.Position(http, "atLeast") is { } atLeast)
        {
            await WriteStateAsync(http, fields, await reads.AtLeastAsync(topic, atLeast, wait, http.RequestAborted).ConfigureAwait(false), "no-store").ConfigureAwait(false);
        }
        else if (TopicRequest.Position(http, "after") is { } after)
        {
            await WriteChangesAsync(http, topic, await reads.ChangesAsync(topic, fields, after, wait, http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
        }
        else
        {
            await WriteStateAsync(http, fields, await reads.StateAsync(topic, http.RequestAborted).ConfigureAwait(false), CacheRules.State).ConfigureAwait(false);
        }
    }

    /// <summary><c>GET /topics/{kind}/{key}/history/{epoch}/{range}</c>.</summary>
    public async Task GetHistoryAsync(HttpContext http)
    {
        var topic = await TopicRequest.TopicAsync(http, kinds).ConfigureAwait(false);
        var (epoch, from, to) = ReadRange(http);
        if (kinds.DeliveryOf(topic.Kind) == Delivery.Latest) throw new ProblemException(Problem.NotInHistory, $"'{topic.Kind}' keeps the newest state only; it has no history.");
        if (follower.Find(topic.ToString()) is null) admission.AskForNewTopics(http, 1);
        var frames = await reads.RangeAsync(topic, FieldsQuery.Read(http), epoch, from, to, http.RequestAborted).ConfigureAwait(false);
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = CacheRules.Immutable;
        await WriteChangeListAsync(http, topic.ToString(), new Position(epoch, to), frames, more: false, stale: false).ConfigureAwait(false);
    }

    private static async Task WriteStateAsync(HttpContext http, FieldSet? fields, TopicState state, string cacheControl)
    {
        var etag = new EntityTagHeaderValue($"\"{state.Frame.Position}{(state.Stale ? "-stale" : "")}{(fields is null ? "" : "-" + fields.Tag)}\"", isWeak: true);
        var headers = http.Response.GetTypedHeaders();
        headers.ETag = etag;
        http.Response.Headers.CacheControl = cacheControl;
        WriteFreshness(http, state.FreshAt, state.HomeNow);
        if (Matches(http, etag))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = "application/json";
        var bytes = state.Bytes(fields);
        http.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
    }

    private static async Task WriteChangesAsync(HttpContext http, TopicKey topic, TopicChanges changes)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = CacheRules.State;
        WriteFreshness(http, changes.FreshAt, changes.HomeNow);
        await WriteChangeListAsync(http, topic.ToString(), changes.Position, changes.Envelopes, changes.More, changes.Stale).ConfigureAwait(false);
    }

    private static void WriteFreshness(HttpContext http, long freshAt, long homeNow)
    {
        http.Response.Headers[CacheRules.FreshAtHeader] = freshAt.ToString(CultureInfo.InvariantCulture);
        if (freshAt != 0) http.Response.Headers[CacheRules.AgeHeader] = (Math.Max(0, homeNow - freshAt) / 1000).ToString(CultureInfo.InvariantCulture);
    }

    private static async Task WriteChangeListAsync(HttpContext http, string topic, Position position, List<byte[]> envelopes, bool more, bool stale)
    {
        if (HttpMethods.IsHead(http.Request.Method)) return;
        var body = new MemoryStream();
        body.Write(System.Text.Encoding.ASCII.GetBytes($"{{\"topic\":\"{topic}\",\"epoch\":\"{position.EpochText}\",\"offset\":{position.Offset},\"changes\":["));
        for (var i = 0; i < envelopes.Count; i++)
        {
            if (i > 0) body.WriteByte((byte)',');
            body.Write(envelopes[i]);
        }

        body.Write(more ? "],\"more\":true"u8 : "]"u8);
        body.Write(stale ? ",\"stale\":true}"u8 : "}"u8);
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), http.RequestAborted).ConfigureAwait(false);
    }

    private static bool Matches(HttpContext http, EntityTagHeaderValue etag)
    {
        foreach (var wanted in http.Request.GetTypedHeaders().IfNoneMatch)
        {
            if (wanted.Compare(etag, useStrongComparison: false) || wanted.Equals(EntityTagHeaderValue.Any)) return true;
        }

        return false;
    }

    private static (ulong Epoch, long From, long To) ReadRange(HttpContext http)
    {
        var epochText = (string)http.Request.RouteValues["epoch"]!;
        var range = (string)http.Request.RouteValues["range"]!;
        var dash = range.IndexOf('-');
        if (!Position.TryParseEpoch(epochText, out var epoch)
            || dash < 1
            || !long.TryParse(range.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var from)
            || !long.TryParse(range.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var to)
            || from < 1 || to < from || to - from >= MaxRange)
        {
            throw new ProblemException(Problem.BadPosition, $"'{epochText}/{range}' is no range; write history/<16 hex digits>/<from>-<to>, at most {MaxRange} offsets.");
        }

        return (epoch, from, to);
    }
}
