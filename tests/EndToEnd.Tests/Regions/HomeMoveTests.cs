using System.Linq;
using System.Net;
using System.Text.Json.Nodes;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>The home of a kind moves while it is written to and followed: by plan without a loss, after a disaster with what is lost told.</summary>
[Collection(RegionCollection.Name)]
public sealed class HomeMoveTests
{
    private const string Old = "us-east";
    private const string New = "eu-west";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task PlannedMove_UnderLoad_NothingIsLostAndPositionsGoOn()
    {
        var token = TestContext.Current.CancellationToken;
        await using var world = await TestWorld.StartAsync(token, Plans(standby: false));
        Poster[] posters = [new("news/move-0"), new("news/move-1"), new("news/move-2")];
        await using var clients = new Followers(world, posters);
        for (var i = 0; i < posters.Length; i++) posters[i].Begin(world[i % 2 == 0 ? Old : New].Gateway);
        foreach (var transcript in clients.All) await transcript.ReachesAsync(10, Soon);
        var epochs = Array.ConvertAll(posters, poster => poster.Position.Epoch);

        foreach (var to in new[] { New, Old })
        {
            var move = await MoveAsync(world[to], force: false, token);
            Assert.Equal("done", move["move"]!["phase"]!.GetValue<string>());
            var counts = Array.ConvertAll(posters, poster => poster.Accepted.Count);
            await Eventually.TrueAsync(() => Array.TrueForAll(posters, poster => poster.Accepted.Count >= counts[Array.IndexOf(posters, poster)] + 10), Soon, what: "ten more of each topic are accepted at the new home");
        }

        await Task.WhenAll(Array.ConvertAll(posters, poster => poster.StopAsync()));
        await clients.ReachAllAsync();
        for (var i = 0; i < posters.Length; i++)
        {
            Assert.Equal(epochs[i], posters[i].Position.Epoch);
            Assert.Equal(posters[i].Accepted.Count, posters[i].Position.Offset);
        }

        Assert.All(clients.All, transcript => Assert.Empty(transcript.Gaps));
        TestContext.Current.SendDiagnosticMessage("Two planned moves: an event took {0:0} ms at most to be accepted.", TimeSpan.FromTicks(Array.ConvertAll(posters, poster => poster.Longest.Ticks).Max()).TotalMilliseconds);
    }

    [Fact]
    public async Task ForcedMove_AfterHomeIsKilled_MissingPartIsToldAndTheOldHomeReturnsFenced()
    {
        var token = TestContext.Current.CancellationToken;
        await using var world = await TestWorld.StartAsync(token, Plans(standby: true));
        Poster[] posters = [new("news/lost-0"), new("news/lost-1")];
        await using var clients = new Followers(world, posters);
        for (var i = 0; i < 10; i++)
        {
            foreach (var poster in posters) await poster.PostAsync(world[Old].Gateway);
        }

        await clients.ReachAllAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System, token); // the standby copies a changed record once a second
        var before = Array.ConvertAll(posters, poster => poster.Position);

        // What home accepts from here on nobody else gets to know; then it is gone.
        await world.Link(New, Old).CutAsync();
        var vain = new Poster("news/lost-0");
        for (var i = 0; i < 13; i++) await vain.PostAsync(world[Old].Gateway); // the first ten are known there
        Assert.Equal(13, vain.Position.Offset);
        await world[Old].KillAsync();

        var move = await MoveAsync(world[New], force: true, token);
        Assert.Equal("done", move["move"]!["phase"]!.GetValue<string>());
        Assert.Equal(2, move["move"]!["mayBeMissing"]!.AsArray().Count);
        foreach (var poster in posters) await poster.PostAsync(world[New].Gateway);
        Assert.All(posters, poster => Assert.NotEqual(before[Array.IndexOf(posters, poster)].Epoch, poster.Position.Epoch));
        await clients.ReachAllAsync(New);
        Assert.All(clients.Of(New), transcript => Assert.Contains("epoch", transcript.Gaps));

        world.Link(New, Old).Heal();
        await world[Old].StartAsync(token);
        await clients.ReachAllAsync();
        var former = await UntilAsync(world[Old], home => home["formerHome"]?["done"]?.GetValue<bool>() == true, token);
        Assert.False(former["home"]!["isHere"]!.GetValue<bool>());
        var lost = Assert.Single(former["formerHome"]!["lost"]!.AsArray())!;
        Assert.Equal("news/lost-0", lost["topic"]!.GetValue<string>());
        Assert.Equal("11-13", lost["lostOffsets"]!.GetValue<string>());
        using var operators = new HttpTopicClient(world[Old].Gateways[0].OperationsUri);
        Assert.True((await operators.SendAsync("dead-letters/news", token)).Json["total"]!.GetValue<long>() >= 1);
        foreach (var poster in posters) await poster.PostAsync(world[Old].Gateway); // through the old home, which is an edge now
        await clients.ReachAllAsync();
    }

    private static RegionPlan[] Plans(bool standby)
    {
        var plans = TestWorld.Star(Old, New);
        for (var i = 0; i < plans.Length; i++)
        {
            plans[i] = plans[i] with
            {
                HasConnectors = false,
                GatewaySettings = new Dictionary<string, string> { ["Gateway:PublishKeys:0"] = StarWorld.PublishKey, ["Gateway:EventsPerSecond"] = "1000" },
                Settings = standby && plans[i].Name == New ? new Dictionary<string, string> { ["Regions:Standby"] = "*" } : new Dictionary<string, string>(),
            };
        }

        return plans;
    }

    /// <summary>Makes a region the home of news, and waits for the end of the move.</summary>
    private static async Task<JsonObject> MoveAsync(RegionProcesses region, bool force, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = region.Gateways[0].OperationsUri };
        using var answer = await http.PostAsync("homes/news" + (force ? "?force=true" : ""), null, cancellationToken);
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(cancellationToken));
        return await UntilAsync(region, home => home["move"]?["phase"]?.GetValue<string>() is "done" or "calledOff", cancellationToken);
    }

    private static async Task<JsonObject> UntilAsync(RegionProcesses region, Func<JsonObject, bool> condition, CancellationToken cancellationToken)
    {
        using var operators = new HttpTopicClient(region.Gateways[0].OperationsUri);
        HttpAnswer? answer = null;
        await Eventually.TrueAsync(
            async token =>
            {
                answer = await operators.SendAsync("homes/news", token);
                return answer.Status == HttpStatusCode.OK && condition(answer.Json);
            },
            Soon, () => answer?.Body);
        cancellationToken.ThrowIfCancellationRequested();
        return answer!.Json;
    }

    /// <summary>A WebSocket and an SSE client of all posters' topics in each region.</summary>
    private sealed class Followers : IAsyncDisposable
    {
        private readonly List<(string Region, IReadOnlyList<Transcript> Transcripts, ResumingClient Client)> _clients = [];
        private readonly Poster[] _posters;

        public Followers(TestWorld world, Poster[] posters)
        {
            _posters = posters;
            foreach (var region in world.Regions)
            {
                foreach (var sse in new[] { false, true })
                {
                    var transcripts = Array.ConvertAll(posters, poster => new Transcript(poster.Topic, Delivery.Every));
                    _clients.Add((region.Name, transcripts, sse ? ResumingClient.Sse(region.Gateway, transcripts) : ResumingClient.Ws(region.Gateway, transcripts)));
                }
            }
        }

        public List<Transcript> All => Of(null);

        public List<Transcript> Of(string? region)
        {
            var all = new List<Transcript>();
            foreach (var client in _clients)
            {
                if (region is null || client.Region == region) all.AddRange(client.Transcripts);
            }

            return all;
        }

        /// <summary>Waits until the clients hold what a pure replay gives, at the position that the last event got.</summary>
        public async Task ReachAllAsync(string? region = null)
        {
            foreach (var poster in _posters)
            {
                var expected = JsonNode.Parse(StateEncoder.Encode(E2EEvents.Grains.Topics.Topic.Replay<NewsGrain, News>([.. poster.Accepted])))!;
                foreach (var transcript in Of(region))
                {
                    if (transcript.Topic != poster.Topic) continue;
                    await transcript.ReachesAsync(t => t.Position == poster.Position && JsonNode.DeepEquals(t.State, expected), Soon, $"{poster.Position} with {poster.Accepted.Count} headlines");
                    transcript.AssertKept();
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var (_, _, client) in _clients) await client.DisposeAsync();
        }
    }
}
