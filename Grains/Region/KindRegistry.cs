using System.Reflection;
using E2EEvents.Grains.Topics;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace E2EEvents.Grains.Region;

/// <summary>The topic kinds of this process: every grain class with <see cref="TopicKindAttribute"/> in the loaded assemblies that Orleans generates code for.</summary>
internal sealed class KindRegistry
{
    public KindRegistry(IOptions<GrainTypeOptions> grains)
    {
        var found = new SortedDictionary<string, (Type Class, TopicKindAttribute Kind)>(StringComparer.Ordinal);
        foreach (var type in grains.Value.Classes)
        {
            if (type.GetCustomAttribute<TopicKindAttribute>() is not { } kind) continue;
            if (!typeof(ITopicRule).IsAssignableFrom(type))
            {
                Errors.Add($"{type} has [TopicKind] but does not derive from TopicGrain.");
            }
            else if (!found.TryAdd(kind.Kind, (type, kind)))
            {
                Errors.Add($"The topic kind '{kind.Kind}' is declared by both {found[kind.Kind].Class} and {type}; a kind has one class.");
            }
        }

        foreach (var (_, (_, kind)) in found)
        {
            if (ErrorOf(kind) is { } error) Errors.Add(error);
            Kinds.Add(kind);
        }
    }

    private static string? ErrorOf(TopicKindAttribute kind) => kind.MaxRate switch
    {
        0 => null,
        _ when kind.Delivery == Delivery.Every => $"The topic kind '{kind.Kind}' has a MaxRate, but its clients get every change; only a latest kind can be thinned.",
        >= TopicKindAttribute.LeastRate and <= TopicKindAttribute.MostRate => null,
        _ => $"The MaxRate of the topic kind '{kind.Kind}' must be from {TopicKindAttribute.LeastRate} to {TopicKindAttribute.MostRate} updates per second.",
    };

    /// <summary>By name.</summary>
    public List<TopicKindAttribute> Kinds { get; } = [];

    /// <summary>What the kind promises.</summary>
    /// <exception cref="KeyNotFoundException">No such kind in this process.</exception>
    public Delivery DeliveryOf(string kind) => Kinds.Find(known => known.Kind == kind)?.Delivery ?? throw new KeyNotFoundException($"This region has no topic kind '{kind}'.");

    /// <summary>True if the kind exists.</summary>
    public bool Has(string kind)
    {
        foreach (var known in Kinds)
        {
            if (known.Kind == kind) return true;
        }

        return false;
    }

    /// <summary>Why the process must not start.</summary>
    public List<string> Errors { get; } = [];
}

/// <summary>Stops a silo whose topic kinds contradict each other.</summary>
internal sealed class KindRegistryValidator(KindRegistry kinds) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        if (kinds.Errors.Count > 0) throw new OrleansConfigurationException(string.Join(Environment.NewLine, kinds.Errors));
    }
}
