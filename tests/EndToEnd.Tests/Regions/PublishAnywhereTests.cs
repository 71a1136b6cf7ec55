using System.Net;
using System.Text.Json.Nodes;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>Write in any region, read your write in any region.</summary>
[Collection(StarCollection.Name)]
public sealed class PublishAnywhereTests(StarWorld star)
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task EventPublishedAtAnEdge_IsReadThereAtHomeAndAtTheOtherEdge()
    {
        var token = TestContext.Current.CancellationToken;
        using var europe = new HttpTopicClient(star.World[StarWorld.Edge].Gateway);
        using var asia = new HttpTopicClient(star.World[StarWorld.OtherEdge].Gateway);
        using var home = new HttpTopicClient(star.World.Home.Gateway);
        for (var i = 1; i <= 5; i++)
        {
            var answer = await PublishAsync(i % 2 == 0 ? asia : europe, "news/posted", i, $"key-{i}");
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            var position = PositionOf(answer);
            Assert.Equal(i, position.Offset);
            foreach (var reader in new[] { europe, asia, home })
            {
                var read = await reader.AtLeastAsync("news/posted", position, Wait, token);
                Assert.Equal(HttpStatusCode.OK, read.Status);
                Assert.Equal(position, read.Envelope.Position);
                Assert.NotNull(read.Envelope.State!["items"]![$"item-{i}"]);
            }
        }
    }

    [Fact]
    public async Task SameIdempotencyKey_InTwoRegions_IsAppliedOnce()
    {
        using var europe = new HttpTopicClient(star.World[StarWorld.Edge].Gateway);
        using var asia = new HttpTopicClient(star.World[StarWorld.OtherEdge].Gateway);
        var first = PositionOf(await PublishAsync(europe, "news/posted-twice", 1, "same"));
        var second = PositionOf(await PublishAsync(asia, "news/posted-twice", 1, "same"));
        Assert.Equal(first, second);
        Assert.Equal(1, second.Offset);
    }

    [Fact]
    public async Task Publishing_WhileHomeIsCutOff_IsUnknownAndTheSameKeyAppliesItOnceAfterHeal()
    {
        var link = star.World.Link(StarWorld.Edge, StarWorld.Home);
        using var europe = new HttpTopicClient(star.World[StarWorld.Edge].Gateway);
        Assert.Equal(1, PositionOf(await PublishAsync(europe, "news/posted-cut", 1, "first")).Offset);
        link.Stall();
        try
        {
            var answer = await PublishAsync(europe, "news/posted-cut", 2, "second");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        }
        finally
        {
            link.Heal();
        }

        HttpAnswer? again = null;
        await Eventually.TrueAsync(async _ => (again = await PublishAsync(europe, "news/posted-cut", 2, "second")).Status == HttpStatusCode.OK, TimeSpan.FromSeconds(20));
        Assert.Equal(2, PositionOf(again!).Offset);
    }

    [Fact]
    public async Task Publishing_WithoutKeyOrToAKindFedByConnectors_IsRefusedInEveryRegion()
    {
        foreach (var region in star.World.Regions)
        {
            using var http = new HttpTopicClient(region.Gateway);
            var keyless = await http.PublishAsync("news/posted", Headline(9), "k", TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, keyless.Status);
            var closed = await PublishAsync(http, "ticker/posted", 1, "k");
            Assert.Equal(HttpStatusCode.Forbidden, closed.Status);
        }
    }

    private static Task<HttpAnswer> PublishAsync(HttpTopicClient http, string topic, int number, string key) =>
        http.PublishAsync(topic, Headline(number), key, TestContext.Current.CancellationToken, ("Authorization", "Bearer " + StarWorld.PublishKey));

    private static string Headline(int number) =>
        System.Text.Json.JsonSerializer.Serialize<NewsEvent>(new ItemPublished($"item-{number}", $"Posted {number}", new DateTimeOffset(2026, 3, 14, 15, 0, number, TimeSpan.Zero)), StateEncoder.EventOptions);

    private static Position PositionOf(HttpAnswer answer)
    {
        JsonObject json = answer.Json;
        return Position.TryParse($"{json["epoch"]!.GetValue<string>()}:{json["offset"]!.GetValue<long>()}", out var position) ? position : throw new FormatException(answer.ToString());
    }
}
