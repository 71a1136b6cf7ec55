using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;
using E2EEvents.EdgeGateway.Sockets;
using E2EEvents.EdgeGateway.Transports;
using E2EEvents.EdgeGateway.Transports.Http;
using E2EEvents.EdgeGateway.Transports.Link;
using E2EEvents.EdgeGateway.Transports.Sse;
using E2EEvents.EdgeGateway.Transports.WebSocket;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.EdgeGateway;

/// <summary>Puts a gateway into a process: its own, or a silo.</summary>
public static class EdgeGatewayExtensions
{
    /// <summary>Registers the gateway's services and its listener. The process must have an Orleans client or be a silo.</summary>
    public static WebApplicationBuilder AddEdgeGateway(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptionsWithValidateOnStart<GatewayOptions, GatewayOptionsValidator>().BindConfiguration("Gateway");
        services.AddOptionsWithValidateOnStart<FanoutOptions, FanoutOptionsValidator>().BindConfiguration("Gateway:Fanout");
        services.AddOptionsWithValidateOnStart<FeedOptions, FeedOptionsValidator>().BindConfiguration("Gateway:Feeds");
        services.AddOptionsWithValidateOnStart<RegionsOptions, RegionsOptionsValidator>().BindConfiguration("Regions");
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RegionsOptions>, RegionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RegionsOptions>, GatewayRegionsValidator>());
        services.AddSingleton<GatewayIdentity>().AddSingleton<GatewayMetrics>().AddSingleton<Admission>();
        services.AddSingleton<FanoutWorkers>().AddHostedService(provider => provider.GetRequiredService<FanoutWorkers>());
        services.AddHostedService<MemoryTrim>();
        services.AddSingleton<KindMap>().AddHostedService(provider => provider.GetRequiredService<KindMap>());
        services.AddSingleton<TopicFollower>().AddHostedService(provider => provider.GetRequiredService<TopicFollower>());
        services.AddSingleton<Drain>().AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddOptionsWithValidateOnStart<LinkOptions, LinkOptionsValidator>().BindConfiguration("Link");
        services.TryAddSingleton(provider => new LinkCertificates(provider.GetRequiredService<IOptions<RegionsOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LinkCallHandler>().AddSingleton<LinkEndpoint>().AddHostedService(provider => provider.GetRequiredService<LinkEndpoint>());
        services.AddOptionsWithValidateOnStart<CompressionOptions, CompressionOptionsValidator>().BindConfiguration("Gateway:Compression");
        services.AddSingleton<Backfill>().AddSingleton<StreamNegotiation>().AddSingleton<StreamSession>().AddSingleton<TopicReads>();
        services.AddSingleton<SseEndpoint>().AddSingleton<WebSocketEndpoint>().AddSingleton<TopicEndpoints>().AddSingleton<ListEndpoints>().AddSingleton<RegionsEndpoint>();
        services.AddSingleton<DirectStreams>().AddSingleton<IConnectionListenerFactory, DirectListenerFactory>(); // after the web server's own, which takes what this one does not
        services.AddSingleton<Operations.LetterReplay>();
        services.AddSingleton<PublishKeys>().AddSingleton<TopicPublisher>().AddSingleton<PublishEndpoint>();
        services.AddHealthChecks().AddCheck<GatewayCheck>("gateway", tags: ["ready"]);

        var gateway = builder.Configuration.GetSection("Gateway").Get<GatewayOptions>() ?? new GatewayOptions();
        builder.AddUrls(gateway.Urls);
        builder.AddUrls(LinkUrls(builder.Configuration), static (provider, listen) => provider.GetRequiredService<LinkEndpoint>().Secure(listen));
        services.Configure<SocketTransportOptions>(sockets => ListenSockets.Configure(sockets, gateway.MaxUnsentBytes));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = gateway.MaxEventBytes; // an event is the only body there is
        });
        services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(gateway.AllowedOrigins is [] ? ["*"] : gateway.AllowedOrigins).WithMethods("GET", "HEAD", "POST")
            .WithHeaders("Last-Event-ID", "If-None-Match", "Cache-Control", PublishEndpoint.KeyHeader, "Authorization", "Content-Type")
            .WithExposedHeaders("ETag", CacheRules.FreshAtHeader, CacheRules.AgeHeader, "Retry-After").SetPreflightMaxAge(TimeSpan.FromHours(24))));
        return builder;
    }

    /// <summary>Maps the clients' endpoints.</summary>
    public static WebApplication MapEdgeGateway(this WebApplication app)
    {
        var links = Process.Ports(LinkUrls(app.Configuration));
        app.MapWhen(http => links.Contains(http.Connection.LocalPort), branch =>
        {
            branch.UseWebSockets();
            branch.Run(app.Services.GetRequiredService<LinkEndpoint>().HandleAsync);
        });
        app.UseRouting();
        app.UseCors();
        app.MapPage();
        var topics = app.Services.GetRequiredService<TopicEndpoints>();
        var lists = app.Services.GetRequiredService<ListEndpoints>();
        var sse = app.Services.GetRequiredService<SseEndpoint>();
        var webSocket = app.Services.GetRequiredService<WebSocketEndpoint>();
        string[] read = ["GET", "HEAD"];
        app.MapMethods("/kinds", read, Guarded(lists.GetKindsAsync));
        app.MapMethods("/regions", read, Guarded(app.Services.GetRequiredService<RegionsEndpoint>().GetAsync));
        app.MapMethods("/topics/{kind}", read, Guarded(lists.GetTopicsAsync));
        app.MapMethods("/topics/{kind}/{key}", read, Guarded(topics.GetAsync));
        app.MapPost("/topics/{kind}/{key}", Guarded(app.Services.GetRequiredService<PublishEndpoint>().HandleAsync));
        app.MapMethods("/topics/{kind}/{key}/history/{epoch}/{range}", read, Guarded(topics.GetHistoryAsync));
        app.MapGet("/topics/{kind}/{key}/events", Guarded(sse.HandleAsync));
        app.MapGet("/events", Guarded(sse.HandleAsync));
        app.MapGet("/topics/{kind}/{key}/ws", Guarded(webSocket.HandleAsync));
        app.MapGet("/ws", Guarded(webSocket.HandleAsync));
        return app;
    }

    private static string LinkUrls(IConfiguration configuration) => configuration.GetSection("Link").Get<LinkOptions>()?.Urls ?? "";

    /// <summary>Turns what an endpoint refuses into problem details, and what it gets wrong into a 500 that harms nobody else.</summary>
    private static RequestDelegate Guarded(RequestDelegate endpoint) => async http =>
    {
        try
        {
            await endpoint(http).ConfigureAwait(false);
        }
        catch (ProblemException refused) when (!http.Response.HasStarted)
        {
            await refused.Problem.WriteAsync(http, refused.Message).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // the client left
        }
        catch (Exception e) // survived: the process and everybody else's requests
        {
            Log.RequestFailed(http.RequestServices.GetRequiredService<ILogger<StreamSession>>(), http.Request.Path, e);
            if (http.Response.HasStarted) http.Abort();
            else await Problem.Failed.WriteAsync(http, "Something went wrong inside; the gateway's log says what.").ConfigureAwait(false);
        }
    };
}
