using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Configuration;

namespace E2EEvents.Grains.Region;

/// <summary>Tells gateways the kinds. A region is a cluster, so the home of every kind here bears the cluster's name.</summary>
[GrainType("kinds"), StatelessWorker]
internal sealed class KindsGrain(KindRegistry kinds, IOptions<ClusterOptions> cluster) : Grain, IKindsGrain
{
    private const long FirstTerm = 1;

    public Task<KindInfo[]> ListAsync(CancellationToken cancellationToken)
    {
        var list = new KindInfo[kinds.Kinds.Count];
        for (var i = 0; i < list.Length; i++) list[i] = new KindInfo(kinds.Kinds[i].Kind, kinds.Kinds[i].Delivery, cluster.Value.ClusterId, FirstTerm);
        return Task.FromResult(list);
    }
}
