using Orleans.Metadata;

namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>
/// Makes a grain class a topic kind. Its grain type, its stream subscription (stream namespace = kind, stream key = topic key),
/// storage, feeds and every client transport follow from this.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class TopicKindAttribute : Attribute, IGrainTypeProviderAttribute, IGrainBindingsProviderAttribute
{
    /// <summary>Declares the kind.</summary>
    /// <param name="kind">As in <see cref="TopicKey.Kind"/>.</param>
    /// <param name="delivery">What clients are promised.</param>
    /// <exception cref="ArgumentException">The kind is not well formed.</exception>
    public TopicKindAttribute(string kind, Delivery delivery)
    {
        if (!TopicKey.IsKind(kind)) throw new ArgumentException($"'{kind}' is no kind name: a lower-case letter, then lower-case letters, digits and '-'.", nameof(kind));
        Kind = kind;
        Delivery = delivery;
    }

    /// <summary>Name of the kind, first part of every <see cref="TopicKey"/>.</summary>
    public string Kind { get; }

    /// <summary>What clients are promised.</summary>
    public Delivery Delivery { get; }

    /// <summary>Least and most updates per second that may be asked for.</summary>
    public const double LeastRate = 0.1, MostRate = 1000;

    /// <summary>Who may publish through a gateway. Default: nobody.</summary>
    public Publishers Publishers { get; init; }

    /// <summary>
    /// Updates per second that one client is sent of one topic at most, the newest winning; of <see cref="Delivery.Latest"/> kinds only. Clients may ask
    /// for fewer. From <see cref="LeastRate"/> to <see cref="MostRate"/>. Default: 0 = all there are.
    /// </summary>
    public double MaxRate { get; init; }

    /// <summary>The grain id to read, follow and publish at: the topic's own at home, its replica's elsewhere.</summary>
    public static GrainId ReaderIdOf(TopicKey topic, bool isHome) => isHome ? GrainIdOf(topic) : GrainId.Create("replica", topic.ToString());

    /// <summary>The grain id of a topic in its home region.</summary>
    public static GrainId GrainIdOf(TopicKey topic) => GrainId.Create("topic." + topic.Kind, topic.Key);

    GrainType IGrainTypeProviderAttribute.GetGrainType(IServiceProvider services, Type type) => GrainType.Create("topic." + Kind);

    IEnumerable<Dictionary<string, string?>> IGrainBindingsProviderAttribute.GetBindings(IServiceProvider services, Type grainClass, GrainType grainType)
    {
        yield return new Dictionary<string, string?>
        {
            [WellKnownGrainTypeProperties.BindingTypeKey] = WellKnownGrainTypeProperties.StreamBindingTypeValue,
            [WellKnownGrainTypeProperties.StreamBindingPatternKey] = "namespace:" + Kind, // what Orleans' exact match predicate writes
            [WellKnownGrainTypeProperties.StreamIdMapperKey] = "default", // Orleans' own: the stream's key is the grain's key
        };
    }
}
