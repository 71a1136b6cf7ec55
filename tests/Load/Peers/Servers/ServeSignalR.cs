using System.Text.Json;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Peers.Sources;
using E2EEvents.Load.Servers;
using E2EEvents.Testing.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Load.Peers.Servers;

/// <summary>Role <c>serve-signalr</c>: a hub whose clients join a group per topic; updates are sent to groups, by the JSON protocol.</summary>
internal static class ServeSignalR
{
    public static async Task<int> RunAsync(LoadOptions options)
    {
        var port = options.Port > 0 ? options.Port : FreePort.Next();
        await using var app = Build(port);
        await app.StartAsync();
        var hub = app.Services.GetRequiredService<IHubContext<LoadHub>>();
        using var feed = new FeedListener(options.FeedPort, (topic, update) => Publish(hub, topic, update));
        await RoleHost.ServeAsync(
            new Ready($"http://127.0.0.1:{port}", new Dictionary<string, int> { ["gateway"] = Environment.ProcessId }, null),
            order => Task.FromResult<object>($"'{order}' is no order of this role"));
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), new Clock(TimeProvider.System).Time);
        await app.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }

    /// <summary>Waits for the group to be written, as a caller who wants order must.</summary>
    private static void Publish(IHubContext<LoadHub> hub, int topic, byte[] update)
    {
        var sending = hub.Clients.Group($"t{topic}").SendAsync("update", JsonSerializer.Deserialize<JsonElement>(update), CancellationToken.None);
        if (!sending.IsCompleted) sending.GetAwaiter().GetResult();
    }

    private static WebApplication Build(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        // The load's clients send no pings, which spares the server work; so their silence must not end them.
        builder.Services.AddSignalR(hub => hub.ClientTimeoutInterval = TimeSpan.FromHours(1));
        var app = builder.Build();
        app.MapHub<LoadHub>("/hub", hub => hub.Transports = HttpTransportType.WebSockets);
        return app;
    }
}

/// <summary>Subscribing is joining groups.</summary>
internal sealed class LoadHub : Hub
{
    /// <param name="topics">Joined by commas.</param>
    public async Task Join(string topics)
    {
        foreach (var topic in topics.Split(',')) await Groups.AddToGroupAsync(Context.ConnectionId, topic);
    }
}
