using System.Collections.Concurrent;
using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.EdgeGateway.Tests.Transports.Fakes;

/// <summary>A region as a gateway sees it: kinds, topics, one silo's feed, the catalogue.</summary>
internal sealed class FakeRegion : IKindsGrain, IHomesGrain, IRegionStatusGrain
{
    public const string Silo = "S127.0.0.1:1:1";

    private readonly ConcurrentDictionary<TopicKey, FakeTopic> _topics = new();

    public static long Now => (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public FakeFeed Feed { get; } = new();

    /// <summary>Dead letters, the same for every kind.</summary>
    public FakeLetters Letters { get; } = new();

    /// <summary>Keys of each catalogue shard, by the shard's grain key.</summary>
    public Dictionary<string, List<string>> Catalogue { get; } = [];

    /// <summary>What calls to topics and the catalogue fail with; null = they are answered.</summary>
    public Exception? Fault { get; set; }

    /// <summary>What asking for the kinds fails with; null = it is answered.</summary>
    public Exception? KindsFault { get; set; }

    public FakeTopic Topic(string name) => Topic(TopicKey.TryParse(name, out var topic, out var error) ? topic : throw new FormatException(error));

    public FakeTopic Topic(TopicKey topic) => _topics.GetOrAdd(topic, key => new FakeTopic(key, DeliveryOf(key), this));

    /// <summary>Makes a topic that keeps so many frames, and gives so many in one answer.</summary>
    public FakeTopic Topic(TopicKey topic, int historyBound, int framesPerRead = int.MaxValue) =>
        _topics.GetOrAdd(topic, key => new FakeTopic(key, DeliveryOf(key), this) { HistoryBound = historyBound, FramesPerRead = framesPerRead });

    /// <summary>Adds a topic to the catalogue's shard that it belongs in.</summary>
    public void List(TopicKey topic)
    {
        var shard = CatalogueKey.Of(topic);
        if (!Catalogue.TryGetValue(shard, out var keys)) Catalogue.Add(shard, keys = []);
        keys.Add(topic.Key);
    }

    Task<KindInfo[]> IKindsGrain.ListAsync(CancellationToken cancellationToken) => ++KindsAsked > 0 && KindsFault is { } fault
        ? Task.FromException<KindInfo[]>(fault)
        : Task.FromResult<KindInfo[]>(
        [
            new KindInfo("ticker", Delivery.Latest, "home", 1, IsHere: true, Publishers.None, MaxRate: TickerRate),
            new KindInfo("match", Delivery.Every, "home", 1, IsHere: true, Publishers.None),
            new KindInfo("news", Delivery.Every, "home", 1, IsHere: true, Publishers.KeyHolders),
            new KindInfo("wall", Delivery.Every, "home", 1, IsHere: true, Publishers.Anyone),
        ]);

    /// <summary>Terms learnt, by kind; as in a region, only higher ones count.</summary>
    public Dictionary<string, KindTerm> Terms { get; } = [];

    /// <summary>Updates per second of tickers; 0 = all there are.</summary>
    public double TickerRate { get; init; }

    /// <summary>How often the kinds were asked for.</summary>
    public int KindsAsked { get; private set; }

    Task<KindTerm[]> IHomesGrain.ListAsync(CancellationToken cancellationToken) => Task.FromResult<KindTerm[]>([.. Terms.Values]);

    Task<KindTerm[]> IHomesGrain.LearnAsync(KindTerm[] terms, CancellationToken cancellationToken)
    {
        foreach (var told in terms)
        {
            if (!Terms.TryGetValue(told.Kind, out var known) || told.Term.IsAbove(known.Term)) Terms[told.Kind] = told;
        }

        return Task.FromResult<KindTerm[]>([.. Terms.Values]);
    }

    Task<KindTerm> IHomesGrain.LeaveAsync(string kind, Term to, bool leaving, CancellationToken cancellationToken) =>
        Task.FromResult(Terms[kind] = Terms[kind] with { Leaving = leaving });

    /// <summary>What its silos say about their links.</summary>
    public LinkStatus[] Links { get; set; } = [];

    /// <summary>How often the links were asked for.</summary>
    public int LinksAsked { get; private set; }

    Task IRegionStatusGrain.ReportAsync(string silo, LinkStatus[] links, CancellationToken cancellationToken) => throw new NotSupportedException("A gateway has no links.");

    Task<LinkStatus[]> IRegionStatusGrain.ListAsync(CancellationToken cancellationToken) =>
        ++LinksAsked > 0 && Fault is { } fault ? Task.FromException<LinkStatus[]>(fault) : Task.FromResult(Links);

    private static Delivery DeliveryOf(TopicKey topic) => topic.Kind == "ticker" ? Delivery.Latest : Delivery.Every;
}

/// <summary>One shard of the catalogue.</summary>
internal sealed class FakeCatalogue(FakeRegion region, string shard) : ICatalogueGrain
{
    public Task AddAsync(string[] keys, CancellationToken cancellationToken) => throw new NotSupportedException("A gateway adds nothing.");

    public Task<CataloguePage> ListHereAsync(long after, int max, CancellationToken cancellationToken) => ListAsync(after, max, cancellationToken);

    public Task<CataloguePage> ListAsync(long after, int max, CancellationToken cancellationToken)
    {
        if (region.Fault is { } fault) return Task.FromException<CataloguePage>(fault);
        var keys = region.Catalogue.GetValueOrDefault(shard) ?? [];
        var count = (int)Math.Min(max, keys.Count - after);
        return Task.FromResult(new CataloguePage([.. keys.GetRange((int)after, count)], after + 1, after + count < keys.Count));
    }
}
