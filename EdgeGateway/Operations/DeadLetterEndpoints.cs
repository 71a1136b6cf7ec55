using System.Linq;
using System.Text.Json;
using E2EEvents.EdgeGateway.Feeds;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static E2EEvents.EdgeGateway.Operations.OperatorAnswers;

namespace E2EEvents.EdgeGateway.Operations;

/// <summary>Dead letters: listed, inspected, replayed after a fix, discarded.</summary>
internal static class DeadLetterEndpoints
{
    /// <summary>
    /// <c>GET /dead-letters</c>; <c>GET</c> and <c>DELETE /dead-letters/{kind}</c>, <c>POST /dead-letters/{kind}/replay</c>, all with <c>?topic=&amp;reason=&amp;after=&amp;before=&amp;max=</c>;
    /// <c>GET</c> and <c>DELETE /dead-letters/{kind}/{number}</c>, <c>POST /dead-letters/{kind}/{number}/replay</c>.
    /// </summary>
    public static void MapDeadLetters(this RouteGroupBuilder operators)
    {
        var letters = operators.MapGroup("/dead-letters").AddEndpointFilter(async (context, next) =>
            !HttpMethods.IsGet(context.HttpContext.Request.Method) && RefusePage(context.HttpContext.Request) is { } refusal ? refusal : await next(context).ConfigureAwait(false));
        letters.MapGet("", KindsAsync);
        letters.MapGet("/{kind}", ListAsync);
        letters.MapGet("/{kind}/{number:long}", GetAsync);
        letters.MapPost("/{kind}/replay", ReplayManyAsync);
        letters.MapPost("/{kind}/{number:long}/replay", ReplayAsync);
        letters.MapDelete("/{kind}", DiscardManyAsync);
        letters.MapDelete("/{kind}/{number:long}", DiscardAsync);
    }

    private static async Task<IResult> KindsAsync(IGrainFactory grains, KindMap kinds, CancellationToken cancellationToken)
    {
        var names = kinds.All.Select(kind => kind.Kind).Append(LetterKinds.Unmapped).Order(StringComparer.Ordinal).ToArray();
        var pages = await Task.WhenAll(names.Select(kind => FindAsync(grains, kind, new LetterQuery(1), cancellationToken))).ConfigureAwait(false);
        return Results.Json(names.Zip(pages, (kind, page) => new KindBody(kind, page.Waiting, page.Total, page.Dropped, page.Letters is [var newest] ? TimeOf(newest.At) : null)), Indented);
    }

    private static async Task<IResult> ListAsync(string kind, [AsParameters] Pick pick, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (pick.Wrong is { } wrong) return wrong;
        var page = await FindAsync(grains, kind, pick.Query, cancellationToken).ConfigureAwait(false);
        var next = page.More ? page.Letters[^1].Number : (long?)null;
        return Results.Json(new ListBody(page.Total, page.Dropped, page.Waiting, next, Array.ConvertAll(page.Letters, Show)), Indented);
    }

    private static async Task<IResult> GetAsync(string kind, long number, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var letter = await LetterAsync(grains, kind, number, cancellationToken).ConfigureAwait(false);
        return letter is null ? NotKept(kind, number) : Results.Json(Show(letter), Indented);
    }

    private static async Task<IResult> ReplayAsync(string kind, long number, IGrainFactory grains, LetterReplay replay, CancellationToken cancellationToken)
    {
        if (await LetterAsync(grains, kind, number, cancellationToken).ConfigureAwait(false) is not { } letter) return NotKept(kind, number);
        var replayed = await replay.ReplayAsync(kind, letter, cancellationToken).ConfigureAwait(false);
        return replayed.Outcome switch
        {
            ReplayOutcome.Accepted or ReplayOutcome.Duplicate => Results.Json(replayed, Indented),
            ReplayOutcome.Refused => Results.Problem(replayed.Reason, statusCode: 422, title: "The topic refuses it again"),
            ReplayOutcome.NotReplayable => Results.Problem(replayed.Reason, statusCode: 409, title: "The letter cannot be replayed"),
            _ => Results.Problem(replayed.Reason, statusCode: 503, title: "It is not known whether it was stored; replaying it again is safe"),
        };
    }

    private static async Task<IResult> ReplayManyAsync(string kind, [AsParameters] Pick pick, IGrainFactory grains, LetterReplay replay, CancellationToken cancellationToken)
    {
        if (pick.Wrong is { } wrong) return wrong;
        var page = await FindAsync(grains, kind, pick.Query with { OldestFirst = true }, cancellationToken).ConfigureAwait(false);
        var done = new List<Replayed>(page.Letters.Length);
        foreach (var letter in page.Letters) // one after the other: letters of a topic keep their order
        {
            done.Add(await replay.ReplayAsync(kind, letter, cancellationToken).ConfigureAwait(false));
            if (done[^1].Outcome == ReplayOutcome.Unknown) break; // what comes behind it must not overtake it
        }

        var next = page.More || done.Count < page.Letters.Length ? done[^1] : null;
        return Results.Json(new ReplayBody(done.CountBy(one => one.Outcome).ToDictionary(), done, next is null ? null : next.Outcome == ReplayOutcome.Unknown ? next.Number - 1 : next.Number), Indented);
    }

    private static async Task<IResult> DiscardAsync(string kind, long number, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var removed = await RemoveAsync(grains, kind, [number], cancellationToken).ConfigureAwait(false);
        return removed == 0 ? NotKept(kind, number) : Results.NoContent();
    }

    private static async Task<IResult> DiscardManyAsync(string kind, [AsParameters] Pick pick, IGrainFactory grains, CancellationToken cancellationToken)
    {
        if (pick.Wrong is { } wrong) return wrong;
        if (!pick.IsNarrow) return Results.Problem("Say which: topic=, reason=, after= or before=. To discard all: before= a number above the newest.", statusCode: 400);
        var page = await FindAsync(grains, kind, pick.Query with { OldestFirst = true }, cancellationToken).ConfigureAwait(false);
        var removed = await RemoveAsync(grains, kind, Array.ConvertAll(page.Letters, letter => letter.Number), cancellationToken).ConfigureAwait(false);
        return Results.Json(new DiscardBody(removed, page.More), Indented);
    }

    private static Task<DeadLetterPage> FindAsync(IGrainFactory grains, string kind, LetterQuery query, CancellationToken cancellationToken) =>
        grains.GetGrain<IDeadLetterGrain>(kind).FindAsync(query, cancellationToken).WaitAsync(Deadline, cancellationToken);

    private static Task<DeadLetter?> LetterAsync(IGrainFactory grains, string kind, long number, CancellationToken cancellationToken) =>
        grains.GetGrain<IDeadLetterGrain>(kind).GetAsync(number, cancellationToken).WaitAsync(Deadline, cancellationToken);

    private static Task<int> RemoveAsync(IGrainFactory grains, string kind, long[] numbers, CancellationToken cancellationToken) =>
        grains.GetGrain<IDeadLetterGrain>(kind).RemoveAsync(numbers, cancellationToken).WaitAsync(Deadline, cancellationToken);

    private static IResult NotKept(string kind, long number) => Results.Problem($"There is no dead letter {number} of '{kind}': it was replayed, discarded, or dropped to keep the bounds, or never was.", statusCode: 404);

    private static LetterBody Show(DeadLetter letter) => new(
        letter.Number, letter.Event.Topic.ToString(), letter.Reason, TimeOf(letter.At)!.Value, letter.Content, letter.CutFrom > 0 ? letter.CutFrom : null,
        letter.Event.Source, letter.Event.Sequence?.ToString(), letter.Event.EventId, TimeOf(letter.Event.OriginTime), letter.Event.Transaction, JsonOf(letter.Event.Data), TextOf(letter.Event.Data));

    private static JsonElement? JsonOf(byte[] data)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(data);
        }
        catch (JsonException)
        {
            return null; // often the very reason: shown as bytes then
        }
    }

    /// <summary>What is no JSON: as text if it is any, else as base64.</summary>
    private static string? TextOf(byte[] data)
    {
        if (JsonOf(data) is not null) return null;
        try
        {
            return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(data);
        }
        catch (System.Text.DecoderFallbackException)
        {
            return "base64:" + Convert.ToBase64String(data);
        }
    }

    /// <summary>Which letters, as the query string says.</summary>
    internal readonly record struct Pick(string? Topic, string? Reason, long? After, long? Before, int? Max)
    {
        public bool IsNarrow => Topic is not null || Reason is not null || After is not null || Before is not null;

        public LetterQuery Query => new(Max ?? 100, After ?? 0, Before ?? 0, Topic, Reason);

        public IResult? Wrong => Max is < 1 or > 1000 ? Results.Problem("max must be 1 to 1000.", statusCode: 400)
            : After is < 0 || Before is < 1 ? Results.Problem("after and before are numbers of letters.", statusCode: 400)
            : null;
    }

    private sealed record KindBody(string Kind, int Waiting, long Total, long Dropped, DateTimeOffset? Newest);

    private sealed record ListBody(long Total, long Dropped, int Waiting, long? Before, LetterBody[] Letters);

    private sealed record LetterBody(
        long Number, string Topic, string Reason, DateTimeOffset At, LetterContent Content, int? CutFromBytes, string? Source, string? Sequence, string? EventId,
        DateTimeOffset? OriginTime, string? Transaction, JsonElement? Data, string? DataText);

    private sealed record ReplayBody(Dictionary<ReplayOutcome, int> Outcomes, List<Replayed> Letters, long? After);

    private sealed record DiscardBody(int Discarded, bool More);
}
