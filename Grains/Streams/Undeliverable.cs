using System.Linq;
using Orleans.Metadata;
using Orleans.Streams;

namespace E2EEvents.Streams;

/// <summary>An entry that cannot be delivered: its stream has no consumer, or its bytes cannot be read.</summary>
/// <param name="Queue">Number of the queue it lay in.</param>
/// <param name="Id">Id of its entry in the log; the same entry may be handed over twice.</param>
/// <param name="Stream">The stream, if it can be told.</param>
/// <param name="Reason">Why, for an operator.</param>
/// <param name="Events">Its events, if they can be read.</param>
/// <param name="Fields">The entry as it is in the log.</param>
public sealed record Undeliverable(int Queue, string Id, StreamId? Stream, string Reason, IReadOnlyList<object>? Events, IReadOnlyDictionary<string, byte[]> Fields);

/// <summary>
/// Keeps what cannot be delivered. Registered as a keyed service under the provider's name; without one, entries are moved to the Redis stream
/// <c>…:undeliverable</c> of their queue, where they stay until an operator deletes it.
/// </summary>
public interface IUndeliverableKeeper
{
    /// <summary>Keeps them durably; entries are deleted from the log once this returns. While it throws, their queue is not read further.</summary>
    Task KeepAsync(IReadOnlyList<Undeliverable> entries, CancellationToken cancellationToken);
}

/// <summary>Knows which streams have consumers: those whose namespace a grain class in the cluster subscribes to, by attribute.</summary>
internal sealed class Consumers(GrainBindingsResolver bindings, IEnumerable<IStreamNamespacePredicateProvider> providers)
{
    private readonly Lock _lock = new();
    private MajorMinorVersion? _version;
    private List<IStreamNamespacePredicate> _predicates = [];
    private Dictionary<string, bool> _known = [];

    public bool Has(StreamId stream)
    {
        if (stream.GetNamespace() is not { Length: > 0 } space) return false;
        lock (_lock)
        {
            var all = bindings.GetAllBindings();
            if (_version != all.Version) Reload(all.Version, all.Bindings.Values);
            if (_known.Count > 10_000) _known = []; // namespaces come from outside
            if (!_known.TryGetValue(space, out var has)) _known[space] = has = _predicates.Exists(predicate => predicate.IsMatch(space));
            return has;
        }
    }

    private void Reload(MajorMinorVersion version, IEnumerable<GrainBindings> all)
    {
        var predicates = new List<IStreamNamespacePredicate>();
        foreach (var binding in all.SelectMany(grain => grain.Bindings))
        {
            if (binding.GetValueOrDefault(WellKnownGrainTypeProperties.BindingTypeKey) != WellKnownGrainTypeProperties.StreamBindingTypeValue) continue;
            var pattern = binding.GetValueOrDefault(WellKnownGrainTypeProperties.StreamBindingPatternKey) ?? "";
            foreach (var provider in providers)
            {
                if (!provider.TryGetPredicate(pattern, out var predicate)) continue;
                predicates.Add(predicate);
                break;
            }
        }

        (_version, _predicates, _known) = (version, predicates, []);
    }
}
