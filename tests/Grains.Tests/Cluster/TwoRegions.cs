using System.Linq;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Replication;
using E2EEvents.Testing.Certificates;
using Microsoft.Extensions.DependencyInjection;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Two regions, each a cluster of its own; <c>us</c> is the first home of everything. Calls between them go straight to the other's grains, as its gateway would do, unless they are cut.</summary>
internal sealed class TwoRegions : IAsyncDisposable
{
    private readonly Dictionary<string, TestRegion> _regions = [];
    private readonly TestCertificates _certificates = new();

    public TestRegion Us => _regions["us"];

    public TestRegion Eu => _regions["eu"];

    /// <summary>True while no call gets through.</summary>
    public bool IsCut { get; set; }

    /// <summary>Asked before each call; an exception is what the caller gets.</summary>
    public Action<LinkMethod> OnCall { get; set; } = _ => { };

    public static async Task<TwoRegions> StartAsync()
    {
        var both = new TwoRegions();
        foreach (var name in new[] { "us", "eu" })
        {
            both._regions[name] = await TestRegion.StartAsync(
                1,
                services => services.AddSingleton<IRegionCalls>(new Calls(both, name)).AddSingleton<ILinkDialler, NoDialler>(),
                [.. both._certificates.SettingsOf(name).Select(setting => (setting.Key, setting.Value)), ("Topics:DurableStorage", "true"), ("Regions:Name", name), ("Regions:DefaultHome", "us"), ("Regions:All:us:Links", "127.0.0.1:1"), ("Regions:All:eu:Links", "127.0.0.1:1")]);
            both._regions[name].Logs.Expect(1021).Expect(1040).Expect(1041);
        }

        return both;
    }

    /// <summary>Where the kind is at home, as a region says.</summary>
    public static async Task<KindInfo> KindAsync(TestRegion region, string kind) =>
        Array.Find(await region.Cluster.Client.GetGrain<IKindsGrain>(0).ListAsync(CancellationToken.None), info => info.Kind == kind)!;

    public static Task AtHomeAsync(TestRegion region, string kind, bool isHere = true) =>
        Eventually.TrueAsync(async _ => (await KindAsync(region, kind)).IsHere == isHere, TestRegion.Deadline, what: $"{kind} at home {(isHere ? "here" : "elsewhere")}");

    public async ValueTask DisposeAsync()
    {
        foreach (var region in _regions.Values) await region.DisposeAsync();
        _certificates.Dispose();
    }

    private static async Task<byte[]> AnswerAsync(string caller, TestRegion region, LinkMethod method, byte[] body)
    {
        var grains = region.Cluster.Client;
        switch (method)
        {
            case LinkMethod.Leave:
                var leave = LinkCalls.Decode<TermCall>(body);
                var known = await grains.GetGrain<IHomesGrain>(0).LeaveAsync(leave.Kind, new Term(leave.Number, leave.Region), leave.Leaving, CancellationToken.None);
                return LinkCalls.Encode(known.Leaving == leave.Leaving && known.Term.Region != caller ? leave : new TermCall(known.Kind, known.Term.Number, known.Term.Region, known.Leaving));
            case LinkMethod.List:
                var list = LinkCalls.Decode<ListCall>(body);
                return LinkCalls.Encode(await grains.GetGrain<ICatalogueGrain>(CatalogueKey.Of(list.Kind, list.Shard)).ListHereAsync(list.After, list.Max, CancellationToken.None));
            case LinkMethod.HandOver:
                var handOver = LinkCalls.Decode<HandOverCall>(body);
                return LinkCalls.Encode(await Task.WhenAll(Array.ConvertAll(handOver.Topics, async name =>
                    new TopicRecordReply(name, await region.Topic(KeyOf(name)).HandOverAsync(new Term(handOver.Number, handOver.Region), CancellationToken.None)))));
            case LinkMethod.Terms:
                var terms = LinkCalls.Decode<TermCall[]>(body);
                await grains.GetGrain<IHomesGrain>(0).LearnAsync(Array.ConvertAll(terms, term => new KindTerm(term.Kind, new Term(term.Number, term.Region))), CancellationToken.None);
                return "[]"u8.ToArray();
            case LinkMethod.Continued:
                return LinkCalls.Encode(await Task.WhenAll(Array.ConvertAll(LinkCalls.Decode<ContinuedCall>(body).Topics, async name =>
                {
                    var found = await region.Topic(KeyOf(name)).InspectAsync(CancellationToken.None);
                    return new ContinuedReply(name, found.Position.ToString(), found.Continued);
                })));
            case LinkMethod.Checkpoint:
                return LinkCalls.Encode(await grains.GetGrain<ICheckpointGrain>(LinkCalls.Decode<CheckpointCall>(body).Connector).ReadAsync(CancellationToken.None));
            default:
                throw new RegionCallException($"{method} is not answered here", isRefused: true);
        }
    }

    private static TopicKey KeyOf(string name) => TopicKey.TryParse(name, out var topic, out var error) ? topic : throw new FormatException(error);

    private sealed class NoDialler : ILinkDialler
    {
        public Task<System.Net.WebSockets.WebSocket> DialAsync(string address, string region, CancellationToken cancellationToken) => throw new IOException("there are no links here");
    }

    private sealed class Calls(TwoRegions both, string caller) : IRegionCalls
    {
        public async Task<ReadOnlyMemory<byte>> CallAsync(string region, LinkMethod method, byte[] body, CancellationToken cancellationToken)
        {
            if (both.IsCut) throw new RegionCallException("the link is cut");
            both.OnCall(method);
            return await AnswerAsync(caller, both._regions[region], method, body);
        }
    }
}
