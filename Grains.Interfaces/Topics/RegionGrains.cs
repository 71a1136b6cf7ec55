using Orleans.Concurrency;

namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>The topic kinds of this region and where their home is. Key 0; any silo answers.</summary>
[Alias("e2e.kinds")]
public interface IKindsGrain : IGrainWithIntegerKey
{
    /// <summary>All kinds, by name.</summary>
    [Alias("list")]
    Task<KindInfo[]> ListAsync(CancellationToken cancellationToken);
}

/// <summary>One topic kind.</summary>
/// <param name="Kind">Its name.</param>
/// <param name="Delivery">What clients are promised.</param>
/// <param name="Home">Name of its home region.</param>
/// <param name="Term">Rising number of the home; a lower one is fenced.</param>
/// <param name="IsHere">True if this region is the home: topics are asked at their topic grain, else at their replica (<see cref="TopicKindAttribute.ReaderIdOf"/>).</param>
/// <param name="Publishers">Who may publish through a gateway.</param>
/// <param name="Leaving">True while a planned move takes the kind away: connectors must not publish.</param>
/// <param name="MaxRate">Updates per second that one client is sent of one topic at most; 0 = all there are.</param>
[GenerateSerializer, Immutable, Alias("e2e.kind-info")]
public sealed record KindInfo(
    [property: Id(0)] string Kind,
    [property: Id(1)] Delivery Delivery,
    [property: Id(2)] string Home,
    [property: Id(3)] long Term,
    [property: Id(4)] bool IsHere,
    [property: Id(5)] Publishers Publishers,
    [property: Id(6)] bool Leaving = false,
    [property: Id(7)] double MaxRate = 0);

/// <summary>The known topics of a kind, sharded. Key: <c>kind/shard</c>, shard 0 to <see cref="CatalogueKey.Shards"/> - 1. A topic is added with its first offset.</summary>
[Alias("e2e.catalogue")]
public interface ICatalogueGrain : IGrainWithStringKey
{
    /// <summary>Adds keys; known ones change nothing. Returns once stored.</summary>
    [Alias("add")]
    Task AddAsync(string[] keys, CancellationToken cancellationToken);

    /// <summary>Keys numbered above <paramref name="after"/>, in order of addition.</summary>
    /// <param name="after">0 = from the beginning.</param>
    /// <param name="max">1 to 1,000.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <remarks>Where the kind isn't home, home's catalogue is asked through the links.</remarks>
    [Alias("list")]
    Task<CataloguePage> ListAsync(long after, int max, CancellationToken cancellationToken);

    /// <summary>As <see cref="ListAsync"/>, of the topics that this region itself has stored: at home all, in a standby region those it keeps copies of.</summary>
    [Alias("list-here")]
    Task<CataloguePage> ListHereAsync(long after, int max, CancellationToken cancellationToken);
}

/// <summary>A page of the catalogue.</summary>
/// <param name="Keys">In order of addition; the first has number <paramref name="First"/>.</param>
/// <param name="First">Number of the first key, from 1.</param>
/// <param name="More">True if keys follow.</param>
[GenerateSerializer, Immutable, Alias("e2e.catalogue-page")]
public sealed record CataloguePage([property: Id(0)] string[] Keys, [property: Id(1)] long First, [property: Id(2)] bool More);

/// <summary>Which shard of the catalogue holds a topic.</summary>
public static class CatalogueKey
{
    /// <summary>Shards per kind; fixed for ever, keys would be searched in the wrong place otherwise.</summary>
    public const int Shards = 8;

    /// <summary>The shard's grain key.</summary>
    public static string Of(string kind, int shard) => $"{kind}/{shard}";

    /// <summary>The shard of a topic: FNV-1a over its key, so that every process and version agrees.</summary>
    public static string Of(TopicKey topic)
    {
        var hash = 2166136261u;
        foreach (var c in topic.Key) hash = (hash ^ c) * 16777619u;
        return Of(topic.Kind, (int)(hash % Shards));
    }
}

/// <summary>Where a connector restarts, and which process may run it. Key: the connector's name.</summary>
[Alias("e2e.checkpoint")]
public interface ICheckpointGrain : IGrainWithStringKey
{
    /// <summary>The stored checkpoint; token null = never written.</summary>
    [Alias("read")]
    Task<Checkpoint> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Asks for the lease: given if nobody has it, if its holder did not renew it in time, or to its holder itself. Stored before it is answered.</summary>
    /// <param name="holder">Names the process, and no other one ever; shown to operators.</param>
    /// <param name="duration">How long it lasts without renewal, by this grain's clock, 1 s to 1 min. After a restart of the grain it lasts that long again.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    [Alias("acquire")]
    Task<LeaseAnswer> AcquireAsync(string holder, TimeSpan duration, CancellationToken cancellationToken);

    /// <summary>Lets a lease last for another duration from now.</summary>
    /// <returns>False once another process has it: this one must stop.</returns>
    [AlwaysInterleave, Alias("renew")]
    Task<bool> RenewAsync(long lease, CancellationToken cancellationToken);

    /// <summary>Gives a lease back, so that another process need not wait for its end. Of no effect if another has it already.</summary>
    [Alias("release")]
    Task ReleaseAsync(long lease, CancellationToken cancellationToken);

    /// <summary>Stores <paramref name="token"/> if the stored version is still <paramref name="version"/> and the lease still <paramref name="lease"/>.</summary>
    /// <returns>
    /// The checkpoint as stored now: the new one, or what an earlier attempt under the same lease has stored. Null = another process has the lease, or it was
    /// given back: nothing was or will be stored under this one.
    /// </returns>
    [Alias("write-leased")]
    Task<Checkpoint?> WriteAsync(string token, long version, long lease, CancellationToken cancellationToken);

    /// <summary>The checkpoint of the connector of the same name where <paramref name="kind"/> has its home.</summary>
    /// <exception cref="TimeoutException">Home cannot be asked now; says why.</exception>
    [Alias("read-home")]
    Task<Checkpoint> ReadHomeAsync(string kind, CancellationToken cancellationToken);
}

/// <summary>Answer to a request for a lease.</summary>
/// <param name="Number">The lease, higher than all before it; null = another process has it.</param>
/// <param name="Holder">Who has it.</param>
/// <param name="Left">How long it lasts unless it is renewed.</param>
[GenerateSerializer, Immutable, Alias("e2e.lease-answer")]
public sealed record LeaseAnswer([property: Id(0)] long? Number, [property: Id(1)] string Holder, [property: Id(2)] TimeSpan Left);

/// <summary>A stored checkpoint.</summary>
/// <param name="Token">Opaque resume token of the connector.</param>
/// <param name="Version">Rises by one with every write; 0 = never written.</param>
[GenerateSerializer, Immutable, Alias("e2e.checkpoint-state")]
public sealed record Checkpoint([property: Id(0)] string? Token, [property: Id(1)] long Version);

/// <summary>Names shared by producers and consumers of the ingest streams.</summary>
public static class IngestStream
{
    /// <summary>Name of the stream provider in silos and connectors. The stream of a topic has the kind as namespace and the topic's key as key.</summary>
    public const string Provider = "ingest";
}
