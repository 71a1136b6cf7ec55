using System.Globalization;
using System.Linq;
using System.Text.Json;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using static E2EEvents.EdgeGateway.Operations.OperatorAnswers;

namespace E2EEvents.EdgeGateway.Operations;

/// <summary>What operators can look at through a gateway, on the operators' listener.</summary>
internal static class OperatorEndpoints
{
    // Says null where there is none: what a topic lacks is worth seeing.
    private static readonly JsonSerializerOptions WithNulls = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>Dead letters, homes, <c>GET /inspect/{kind}/{key}</c>, <c>GET /connections/slowest?max=20</c> and <c>GET /regions</c>.</summary>
    public static void MapOperators(this IEndpointRouteBuilder endpoints)
    {
        var operators = endpoints.MapGroup("").AddEndpointFilter(async (context, next) =>
        {
            try
            {
                return await next(context).ConfigureAwait(false);
            }
            catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException)
            {
                return Results.Problem($"The silo does not answer ({e.Message}); try again in a moment.", statusCode: 503);
            }
        });
        operators.MapDeadLetters();
        operators.MapGet("/inspect/{kind}/{key}", InspectAsync);
        operators.MapGet("/connections/slowest", SlowestAsync);
        operators.MapGet("/regions", static http => http.RequestServices.GetRequiredService<Transports.Http.RegionsEndpoint>().GetForOperatorsAsync(http));
        operators.MapHomes();
    }

    private static async Task<IResult> SlowestAsync(FanoutWorkers workers, CancellationToken cancellationToken, int max = 20) => max is < 1 or > 1000
        ? Results.Problem($"max is {max}; 1 to 1,000.", statusCode: 400)
        : Results.Json(new { connections = await workers.SlowestAsync(max).WaitAsync(Deadline, cancellationToken).ConfigureAwait(false) }, Indented);

    private static async Task<IResult> InspectAsync(string kind, string key, IServiceProvider services, CancellationToken cancellationToken)
    {
        if (!TopicKey.TryCreate(kind, key, out var topic, out var error)) return Results.Problem(error, statusCode: 400);
        var kinds = services.GetRequiredService<KindMap>();
        if (!await kinds.KnowsAsync(kind, cancellationToken).ConfigureAwait(false)) return Results.Problem($"'{kind}' is not a topic kind here.", statusCode: 404);
        var home = kinds.All.First(known => known.Kind == kind);
        var found = await kinds.ReaderOf(topic).InspectAsync(cancellationToken).WaitAsync(Deadline, cancellationToken).ConfigureAwait(false);
        return Results.Json(Show(topic, home, found), WithNulls);
    }

    private static Inspection Show(TopicKey topic, KindInfo home, TopicInspection found) => new(
        topic.ToString(), found.Position.ToString(), found.Position.Epoch.ToString("x16", CultureInfo.InvariantCulture), found.Position.Offset, found.IsReplica ? "replica" : "home",
        new HomeOf(home.Home, home.Term, found.Term, found.IsFenced, home.Leaving), found.Sources, found.EventIds,
        new HistoryOf(found.HistoryFrom, found.Position.Offset, found.HistoryFrames, found.HistoryBytes), found.Followers, found.Gateways, found.Silo, found.Pending,
        TimeOf(found.ChangedAt), TimeOf(found.FreshAt), found.Continued, found.State.Length == 0 ? null : JsonSerializer.Deserialize<JsonElement>(found.State));

    private sealed record Inspection(
        string Topic, string Position, string Epoch, long Offset, string Is, HomeOf Home, Dictionary<string, string> Sources, int EventIds, HistoryOf History, int Followers, string[] Gateways,
        string Silo, long Pending, DateTimeOffset? ChangedAt, DateTimeOffset? FreshAt, Dictionary<string, string> Continued, JsonElement? State);

    private sealed record HomeOf(string Region, long Term, string? RecordTerm, bool Fenced, bool Leaving);

    private sealed record HistoryOf(long From, long To, int Frames, long Bytes);
}
