using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>Tests over regions measure times and need the machine to themselves.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class RegionCollection
{
    public const string Name = "regions";
}

/// <summary>The tests that share one world of three regions and leave it whole.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class StarCollection : ICollectionFixture<StarWorld>
{
    public const string Name = "three regions";
}

/// <summary>A home and two edges that follow it.</summary>
public sealed class StarWorld : IAsyncLifetime
{
    public const string Home = "us-east";
    public const string Edge = "eu-west";
    public const string OtherEdge = "ap-south";

    /// <summary>Who may publish with it (section <c>Gateway:PublishKeys</c>).</summary>
    public const string PublishKey = "0123456789abcdef0123456789abcdef";

    public TestWorld World { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var plans = TestWorld.Star(Home, Edge, OtherEdge);
        for (var i = 0; i < plans.Length; i++)
        {
            plans[i] = plans[i] with
            {
                GatewaySettings = new Dictionary<string, string> { ["Gateway:PublishKeys:0"] = PublishKey },

                // Beyond what comes while a silo restarts on a busy machine: then no gap is due, and none may be told.
                SiloSettings = new Dictionary<string, string>
                {
                    ["Topics:HistoryFrames"] = "2048", ["Topics:HistoryBytes"] = "16777216", ["Topics:StoredFrames"] = "1024", ["Topics:StoredBytes"] = "1048576",
                },
            };
        }

        World = await TestWorld.StartAsync(CancellationToken.None, plans);
    }

    public ValueTask DisposeAsync() => World?.DisposeAsync() ?? ValueTask.CompletedTask;
}
