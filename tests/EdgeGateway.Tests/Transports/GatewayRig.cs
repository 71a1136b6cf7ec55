using System.Linq;
using System.Text.Json.Nodes;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Tests.Transports.Fakes;
using E2EEvents.Testing.Clients;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway.Tests.Transports;

/// <summary>The product's gateway on a real listener, with a fake region behind it.</summary>
internal sealed class GatewayRig : IAsyncDisposable
{
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly WebApplication _app;

    private GatewayRig(WebApplication app, FakeRegion region)
    {
        _app = app;
        Region = region;
        Uri = new Uri(app.Urls.First());
        Topics = new HttpTopicClient(Uri);
        Http = new HttpClient { BaseAddress = Uri, Timeout = TimeSpan.FromSeconds(30) };
    }

    public FakeRegion Region { get; }

    public Uri Uri { get; }

    public HttpTopicClient Topics { get; }

    public HttpClient Http { get; }

    public IReadOnlyList<EndpointDataSource> Routes => [.. ((IEndpointRouteBuilder)_app).DataSources];

    /// <summary>Starts a gateway; settings are <c>name = value</c> below <c>Gateway</c>, or of <c>Regions</c>.</summary>
    public static async Task<GatewayRig> StartAsync(params (string Name, string Value)[] settings)
    {
        var region = new FakeRegion();
        var rig = await StartAsync(region, settings);
        await Eventually.TrueAsync(() => rig._app.Services.GetRequiredService<KindMap>().IsLoaded, Soon);
        return rig;
    }

    /// <summary>As above, on a region that may not answer.</summary>
    public static async Task<GatewayRig> StartAsync(FakeRegion region, params (string Name, string Value)[] settings)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.Sources.Clear();
        var all = new Dictionary<string, string?>
        {
            ["Gateway:Urls"] = "http://127.0.0.1:0",
            ["Gateway:DrainWindow"] = "00:00:00",
            ["Gateway:Fanout:Workers"] = "1",
            ["Gateway:Feeds:PullWait"] = "00:00:00.2",
        };
        foreach (var (name, value) in settings) all[name.StartsWith("Regions:", StringComparison.Ordinal) ? name : $"Gateway:{name}"] = value;
        builder.Configuration.AddInMemoryCollection(all);
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IGrainFactory>(new FakeGrainFactory(region));
        builder.AddEdgeGateway();
        var app = builder.Build();
        app.MapEdgeGateway();
        await app.StartAsync(A.Token);
        return new GatewayRig(app, region);
    }

    /// <summary>Streams served on their sockets so far, past the web server.</summary>
    public long DirectStreams => _app.Services.GetRequiredService<EdgeGateway.Sockets.DirectStreams>().Taken;

    /// <summary>True while the gateway follows the topic.</summary>
    public bool Follows(FakeTopic topic) => _app.Services.GetRequiredService<TopicFollower>().FindReady(topic.Name) is not null;

    /// <summary>Where the gateway has a followed topic.</summary>
    public Position? PositionOf(FakeTopic topic) => _app.Services.GetRequiredService<TopicFollower>().FindReady(topic.Name)?.Channel.Position;

    /// <summary>Has the gateway follow a topic, as any reader of it does.</summary>
    public async Task FollowAsync(FakeTopic topic)
    {
        await Topics.GetAsync(topic.Name, A.Token);
        await Eventually.TrueAsync(() => Follows(topic), Soon);
    }

    /// <summary>Begins to stop, as a restart does.</summary>
    public Task StopAsync() => _app.StopAsync(A.Token);

    /// <summary>A request by any method.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, A.Token);
    }

    /// <summary>A client that has seen a topic up to an offset, somewhere else.</summary>
    public static Transcript StandingAt(FakeTopic topic, long offset, ulong epoch = A.Epoch, Delivery delivery = Delivery.Every)
    {
        var transcript = new Transcript(topic.Name, delivery);
        transcript.Begin(resumed: false, patches: false);
        transcript.Take(ReceivedEnvelope.Parse(System.Text.Encoding.UTF8.GetString(
            Envelope.EncodeState(WireFormat.Json, topic.Name, A.Frame(offset, epoch), default))));
        return transcript;
    }

    /// <summary>Fails unless an answer is the problem it should be, told as the contract says.</summary>
    public static void AssertProblem(HttpAnswer answer, int status, string name)
    {
        Assert.True((int)answer.Status == status, $"{answer} should be {status} {name}");
        Assert.Equal("application/problem+json", answer.Headers["Content-Type"]);
        var body = JsonNode.Parse(answer.Body)!.AsObject();
        Assert.Equal($"urn:e2e-events:problem:{name}", body["type"]!.GetValue<string>());
        Assert.Equal(status, body["status"]!.GetValue<int>());
        Assert.NotEmpty(body["title"]!.GetValue<string>());
        Assert.NotEmpty(body["detail"]!.GetValue<string>());
        Assert.Equal(4, body.Count);
        Assert.Equal(status is 429 or 503, answer.Headers.ContainsKey("Retry-After"));
        Assert.Equal(status == 404 ? "public, max-age=0, s-maxage=1" : "no-store", answer.Headers["Cache-Control"]);
    }

    public async ValueTask DisposeAsync()
    {
        Topics.Dispose();
        Http.Dispose();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
        await _app.StopAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _app.DisposeAsync();
    }
}
