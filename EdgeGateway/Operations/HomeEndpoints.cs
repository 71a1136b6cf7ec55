using E2EEvents.Grains.Interfaces.Regions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using static E2EEvents.EdgeGateway.Operations.OperatorAnswers;

namespace E2EEvents.EdgeGateway.Operations;

/// <summary>Where kinds have their homes, and moving one to this region.</summary>
internal static class HomeEndpoints
{
    /// <summary><c>GET /homes</c>, <c>GET</c>, <c>POST ?force=false</c> and <c>DELETE /homes/{kind}</c>.</summary>
    public static void MapHomes(this RouteGroupBuilder operators)
    {
        operators.MapGet("/homes", ListAsync);
        operators.MapGet("/homes/{kind}", GetAsync);
        operators.MapPost("/homes/{kind}", StartAsync);
        operators.MapDelete("/homes/{kind}", CancelAsync);
    }

    private static async Task<IResult> ListAsync(IGrainFactory grains, CancellationToken cancellationToken)
    {
        var kinds = await grains.GetGrain<IKindsGrain>(0).ListAsync(cancellationToken).WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
        return Results.Json(new HomeList(Array.ConvertAll(kinds, kind => new Home(kind.Kind, kind.Home, kind.Term, kind.IsHere, kind.Leaving))), Indented);
    }

    private static async Task<IResult> GetAsync(string kind, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var kinds = await grains.GetGrain<IKindsGrain>(0).ListAsync(cancellationToken).WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
        if (Array.Find(kinds, known => known.Kind == kind) is not { } found) return Results.Problem($"'{kind}' is not a topic kind here.", statusCode: 404);
        var move = await grains.GetGrain<IHomeMoveGrain>(kind).StatusAsync(cancellationToken).WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
        var former = await grains.GetGrain<IFormerHomeGrain>(kind).ReportAsync(cancellationToken).WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
        return Results.Json(new HomeBody(new Home(kind, found.Home, found.Term, found.IsHere, found.Leaving), Show(move), Show(former)), Indented);
    }

    private static Task<IResult> StartAsync(string kind, HttpRequest request, IGrainFactory grains, bool force = false, CancellationToken cancellationToken = default) =>
        RefusePage(request) is { } refusal
            ? Task.FromResult(refusal)
            : AnswerAsync(grains.GetGrain<IHomeMoveGrain>(kind).StartAsync(force, cancellationToken), cancellationToken);

    private static Task<IResult> CancelAsync(string kind, IGrainFactory grains, CancellationToken cancellationToken) =>
        AnswerAsync(grains.GetGrain<IHomeMoveGrain>(kind).CancelAsync(cancellationToken), cancellationToken);

    private static async Task<IResult> AnswerAsync(Task<MoveAnswer> asked, CancellationToken cancellationToken)
    {
        var answer = await asked.WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
        return answer.Refusal is { } refusal ? Results.Problem(refusal, statusCode: 409) : Results.Json(Show(answer.Move), Indented, statusCode: 202);
    }

    private static MoveBody? Show(HomeMove? move) => move is null ? null : new MoveBody(
        move.Kind, move.From, move.To.ToString(), move.IsForced, move.Phase, move.Topics, TimeOf(move.StartedAt)!.Value, TimeOf(move.EndedAt), move.Problem.Length > 0 ? move.Problem : null,
        Array.ConvertAll(move.Missing, part => new MissingBody(part.Topic, part.Copied.ToString(), TimeOf(part.CommittedAt), Range(part.Copied.Offset + 1, part.SeenUpTo), $"unknown after offset {Math.Max(part.Copied.Offset, part.SeenUpTo)}")),
        move.MissingMore);

    private static FormerBody? Show(FormerHome former) => former.Home.Number == 0 ? null : new FormerBody(
        former.Home.ToString(), former.IsDone, former.Problem.Length > 0 ? former.Problem : null,
        Array.ConvertAll(former.Lost, part => new LostBody(
            part.Topic, part.Top.ToString(), part.From > 0 ? Range(part.From, part.Top.Offset) : "unknown", part.KeptFrom > 0 ? Range(part.KeptFrom, part.Top.Offset) : null)),
        former.LostMore);

    private static string? Range(long from, long to) => to < from ? null : $"{from}-{to}";

    private sealed record HomeList(Home[] Homes);

    private sealed record Home(string Kind, string Region, long Term, bool IsHere, bool Leaving);

    private sealed record HomeBody(Home Home, MoveBody? Move, FormerBody? FormerHome);

    private sealed record MoveBody(
        string Kind, string From, string To, bool Forced, MovePhase Phase, long Topics, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Problem, MissingBody[] MayBeMissing, long MayBeMissingMore);

    private sealed record MissingBody(string Topic, string ContinuedFrom, DateTimeOffset? CommittedAt, string? MissingOffsets, string Beyond);

    private sealed record FormerBody(string ComparedWith, bool Done, string? Problem, LostBody[] Lost, long LostMore);

    private sealed record LostBody(string Topic, string HadGotTo, string? LostOffsets, string? DeadLettered);
}
