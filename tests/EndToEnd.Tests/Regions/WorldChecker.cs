using System.Diagnostics;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>
/// Writes known events at the origin and has clients in all regions. Their transcripts judge while it runs: offsets rise, no untold hole. At the
/// end it proves that everybody, everywhere, holds what a pure replay gives, at one position.
/// </summary>
internal sealed class WorldChecker : IAsyncDisposable
{
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private readonly TestWorld _world;
    private readonly OriginWriter _origin;
    private readonly Headlines _news;
    private readonly Trades _trades;
    private readonly int _topics;
    private readonly List<WorldClient> _clients = [];
    private CancellationTokenSource? _stopLoad;
    private Task _load = Task.CompletedTask;
    private bool _isUndisturbed;

    private WorldChecker(TestWorld world, OriginWriter origin, string prefix, int topics)
    {
        (_world, _origin, _topics) = (world, origin, topics);
        _news = new Headlines(topics, prefix);
        _trades = new Trades(topics, prefix);
    }

    public IReadOnlyList<WorldClient> Clients => _clients;

    public string NewsTopic => _news.TopicOf(0);

    /// <summary>Headlines of the first news topic so far.</summary>
    public int LastNews => _news.CountOf(0);

    public string Ticker => _trades.TopicOf(0);

    /// <param name="world">Its regions.</param>
    /// <param name="prefix">Of its topics' keys, so that several checkers share a world.</param>
    /// <param name="topics">News topics, and as many tickers; together at most 50, a stream's limit.</param>
    public static async Task<WorldChecker> StartAsync(TestWorld world, string prefix, int topics = 8) => new(world, await OriginWriter.ConnectAsync(world.Origin), prefix, topics);

    /// <summary>A WebSocket and an SSE client that resume, in each of the regions.</summary>
    public void Watch(params string[] regions)
    {
        foreach (var region in regions)
        {
            _clients.Add(NewClient(region).Resume(_world[region].Gateway, sse: false));
            _clients.Add(NewClient(region).Resume(_world[region].Gateway, sse: true));
        }
    }

    /// <summary>A client that must not lose its connection.</summary>
    public async Task<WorldClient> ConnectAsync(string region, bool sse, CancellationToken cancellationToken)
    {
        var client = await NewClient(region).ConnectAsync(_world[region].Gateway, sse, cancellationToken);
        _clients.Add(client);
        return client;
    }

    /// <summary>Adds events and waits for the origin to have them.</summary>
    public Task WriteAsync(int eventsPerTopic) => _origin.AddAllAsync([.. _news.Next(eventsPerTopic * _topics), .. _trades.Next(eventsPerTopic * _topics)]);

    /// <summary>From now on nobody may lose a connection or an offset; checked when all has settled.</summary>
    public void ExpectUndisturbed() => _isUndisturbed = true;

    /// <summary>Writes at a steady rate from now on.</summary>
    /// <param name="perTopic">Events a second and topic.</param>
    public void StartLoad(double perTopic)
    {
        _stopLoad = new CancellationTokenSource();
        _load = LoadAsync(perTopic, _stopLoad.Token);
    }

    public async Task StopLoadAsync()
    {
        if (_stopLoad is null) return;
        await _stopLoad.CancelAsync();
        await _load;
        _stopLoad.Dispose();
        _stopLoad = null;
    }

    /// <summary>Waits until every client of a region has all that home's clients have now, and says how long that took: for news, and for tickers.</summary>
    public async Task<CatchUp> CaughtUpAsync(string region, TimeSpan deadline)
    {
        var clock = Stopwatch.StartNew();
        var home = _clients.Find(client => client.Region == _world.Home.Name) ?? throw new InvalidOperationException("Watch home first.");
        var news = Targets(home.News);
        var tickers = Targets(home.Tickers);
        var latest = ReachAsync(region, client => client.Tickers, tickers, deadline, clock);
        var every = ReachAsync(region, client => client.News, news, deadline, clock);
        await Task.WhenAll(latest, every);
        return new CatchUp(await every, await latest);
    }

    /// <summary>Stops the load; waits until all clients hold the replayed states, at the same positions; fails on any breach.</summary>
    public async Task SettledAsync(TimeSpan? deadline = null)
    {
        await StopLoadAsync();
        foreach (var client in _clients)
        {
            await _news.ReachedByAsync(client.News, deadline ?? Soon);
            await _trades.ReachedByAsync(client.Tickers, deadline ?? Soon);
        }

        await AssertSamePositionsAsync(deadline ?? Soon);
        if (!_isUndisturbed) return;
        Assert.Empty(GapsTold());
        Assert.All(_clients, client => Assert.True(client.Resuming is not { Connections: > 1 }, $"A client in {client.Region} was disconnected: {client.Resuming?.LastEnd}."));
        Assert.All(_clients, client => Assert.True(client.Stream is not { Ended.IsCompleted: true }, $"A client in {client.Region} was disconnected."));
    }

    /// <summary>All positions of all clients are home's, which HTTP tells.</summary>
    public async Task AssertSamePositionsAsync(TimeSpan deadline)
    {
        using var http = new HttpTopicClient(_world.Home.Gateway);
        for (var i = 0; i < 2 * _topics; i++)
        {
            var topic = _clients[0].All[i].Topic;
            var home = (await http.GetAsync(topic, CancellationToken.None)).Envelope;
            foreach (var client in _clients)
            {
                await client.All[i].ReachesAsync(t => t.Position == home.Position, deadline, $"home's position {home.Position} in {client.Region}");
                client.All[i].AssertKept();
            }
        }
    }

    /// <summary>Gaps that clients were told, as <c>region topic kind</c>.</summary>
    public List<string> GapsTold()
    {
        var gaps = new List<string>();
        foreach (var client in _clients)
        {
            foreach (var transcript in client.All)
            {
                foreach (var gap in transcript.Gaps) gaps.Add($"{client.Region} {transcript.Topic} {gap}");
            }
        }

        return gaps;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopLoad is not null) await _stopLoad.CancelAsync();
        await _load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // StopLoadAsync tells what failed; here a test has failed already
        foreach (var client in _clients) await client.DisposeAsync();
        await _origin.DisposeAsync();
    }

    private static Position[] Targets(IReadOnlyList<Transcript> transcripts)
    {
        var targets = new Position[transcripts.Count];
        for (var i = 0; i < targets.Length; i++) targets[i] = transcripts[i].Position ?? default;
        return targets;
    }

    private async Task<TimeSpan> ReachAsync(string region, Func<WorldClient, IReadOnlyList<Transcript>> of, Position[] targets, TimeSpan deadline, Stopwatch clock)
    {
        foreach (var client in _clients)
        {
            if (client.Region != region) continue;
            for (var i = 0; i < targets.Length; i++)
            {
                var target = targets[i];
                await of(client)[i].ReachesAsync(t => t.Position is { } p && p.Epoch == target.Epoch && p.Offset >= target.Offset, deadline, $"{target}, home's position at heal, in {region}");
            }
        }

        return clock.Elapsed;
    }

    private WorldClient NewClient(string region) => new(region, _news.NewTranscripts(), _trades.NewTranscripts());

    private async Task LoadAsync(double perTopic, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Tick, TimeProvider.System);
        var clock = Stopwatch.StartNew();
        var written = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                // One round over all topics at a time, as many as are due.
                for (; written < clock.Elapsed.TotalSeconds * perTopic; written++) await WriteAsync(1);
            }
        }
        catch (OperationCanceledException)
        {
            // The load is over.
        }
    }
}

/// <summary>How long it took after a heal until a region's clients had all that home's had.</summary>
internal sealed record CatchUp(TimeSpan Every, TimeSpan Latest)
{
    public override string ToString() => $"Every {Every.TotalMilliseconds:0} ms, Latest {Latest.TotalMilliseconds:0} ms";
}
