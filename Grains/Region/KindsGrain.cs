using Orleans.Concurrency;

namespace E2EEvents.Grains.Region;

/// <summary>Tells gateways the kinds and where their homes are.</summary>
[GrainType("kinds"), StatelessWorker]
internal sealed class KindsGrain(KindRegistry kinds, HomeMap homes) : Grain, IKindsGrain
{
    public Task<KindInfo[]> ListAsync(CancellationToken cancellationToken)
    {
        var list = new KindInfo[kinds.Kinds.Count];
        for (var i = 0; i < list.Length; i++)
        {
            var kind = kinds.Kinds[i];
            var term = homes.TermOf(kind.Kind);
            list[i] = new KindInfo(kind.Kind, kind.Delivery, term.Term.Region, term.Term.Number, homes.IsHome(kind.Kind), kind.Publishers, term.Leaving, kind.MaxRate);
        }

        return Task.FromResult(list);
    }
}
