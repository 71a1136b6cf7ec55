using E2EEvents.EdgeGateway;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Peers.Sources;
using E2EEvents.Load.Sources;
using E2EEvents.Testing.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Load.Servers;

/// <summary>Role <c>serve-gateway</c>: the product's gateway with a source in its process instead of silos, for exact rates and the cost of the fan-out alone.</summary>
internal static class ServeGateway
{
    public static async Task<int> RunAsync(LoadOptions options)
    {
        var clock = new Clock(TimeProvider.System);
        var region = new FakeRegion(options.Kind, options.Topics, options.Rate, options.Bytes, options.Delivery, clock);
        var port = options.Port > 0 ? options.Port : FreePort.Next();
        await using var app = Build(region, port);
        await app.StartAsync();
        using var feed = options.FeedPort > 0 ? new FeedListener(options.FeedPort, region.Publish) : null;
        await RoleHost.ServeAsync(new Ready($"http://127.0.0.1:{port}", new Dictionary<string, int> { ["gateway"] = Environment.ProcessId }, null), async order =>
        {
            if (order != "start") return await region.StopAsync();
            region.Start();
            return "started";
        });
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), clock.Time);
        await app.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the clients are gone: nothing is owed to anybody
        return 0;
    }

    private static WebApplication Build(FakeRegion region, int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Gateway:Urls"] = $"http://127.0.0.1:{port}",
            ["Gateway:DrainWindow"] = "00:00:00",
            ["Gateway:NewTopicsPerSecond"] = "1000000", // a crowd that joins at once is the point here
        });
        builder.Configuration.AddEnvironmentVariables();
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Orleans.IGrainFactory>(new FakeGrainFactory(region));
        builder.AddEdgeGateway();
        var app = builder.Build();
        app.MapEdgeGateway();
        return app;
    }
}
