namespace E2EEvents.EdgeGateway.Tests.Transports.Fakes;

/// <summary>Leads a gateway's calls to a <see cref="FakeRegion"/>; it asks for kinds by number, for feeds, dead letters and the catalogue by name, for topics by grain id.</summary>
internal sealed class FakeGrainFactory(FakeRegion region) : IGrainFactory
{
    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerKey => (TGrainInterface)(object)region;

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey =>
        (TGrainInterface)(typeof(TGrainInterface) == typeof(ICatalogueGrain) ? (object)new FakeCatalogue(region, primaryKey)
            : typeof(TGrainInterface) == typeof(IDeadLetterGrain) ? region.Letters : region.Feed);

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable =>
        (TGrainInterface)(object)region.Topic(new TopicKey(grainId.Type.ToString()!["topic.".Length..], grainId.Key.ToString()!));

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidKey => throw NotThere(typeof(TGrainInterface));

    public TGrainInterface GetGrain<TGrainInterface>(Guid primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithGuidCompoundKey => throw NotThere(typeof(TGrainInterface));

    public TGrainInterface GetGrain<TGrainInterface>(long primaryKey, string keyExtension, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithIntegerCompoundKey => throw NotThere(typeof(TGrainInterface));

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw NotThere(typeof(TGrainObserverInterface));

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver => throw NotThere(typeof(TGrainObserverInterface));

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey) => throw NotThere(grainInterfaceType);

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey) => throw NotThere(grainInterfaceType);

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey) => throw NotThere(grainInterfaceType);

    public IGrain GetGrain(Type grainInterfaceType, Guid grainPrimaryKey, string keyExtension) => throw NotThere(grainInterfaceType);

    public IGrain GetGrain(Type grainInterfaceType, long grainPrimaryKey, string keyExtension) => throw NotThere(grainInterfaceType);

    public IAddressable GetGrain(GrainId grainId) => throw NotThere(typeof(IAddressable));

    public IAddressable GetGrain(GrainId grainId, GrainInterfaceType interfaceType) => throw NotThere(typeof(IAddressable));

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey, string grainClassNamePrefix) => throw NotThere(interfaceType);

    public IAddressable GetGrain(Type interfaceType, IdSpan grainKey) => throw NotThere(interfaceType);

    private static NotSupportedException NotThere(Type type) => new($"The fake region has no {type.Name}.");
}
