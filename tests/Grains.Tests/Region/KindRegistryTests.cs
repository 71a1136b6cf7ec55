using E2EEvents.Grains.Region;
using E2EEvents.Grains.Tests.Cluster;
using E2EEvents.Grains.Topics;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace E2EEvents.Grains.Tests.Region;

public sealed class KindRegistryTests
{
    [Fact]
    public void Kinds_GrainClasses_AreThoseWithTheAttribute() =>
        Assert.Equal([("test-every", Delivery.Every), ("test-latest", Delivery.Latest)], Registry(typeof(LatestTallyGrain), typeof(EveryTallyGrain), typeof(CheckpointGrain)).Kinds.ConvertAll(kind => (kind.Kind, kind.Delivery)));

    [Fact]
    public void Validate_ContradictingClasses_TellsAllErrors()
    {
        var registry = Registry(typeof(EveryTallyGrain), typeof(SameKind), typeof(NoTopic));
        var failed = Assert.Throws<OrleansConfigurationException>(() => new KindRegistryValidator(registry).ValidateConfiguration());
        Assert.Contains(nameof(SameKind), failed.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(NoTopic), failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_RatesThatCannotBe_TellsEach()
    {
        var registry = Registry(typeof(ThinnedEvery), typeof(TooFast), typeof(Thinned));
        var failed = Assert.Throws<OrleansConfigurationException>(() => new KindRegistryValidator(registry).ValidateConfiguration());
        Assert.Contains("test-thinned-every", failed.Message, StringComparison.Ordinal);
        Assert.Contains("test-too-fast", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("'test-thinned'", failed.Message, StringComparison.Ordinal);
    }

    private static KindRegistry Registry(params Type[] classes)
    {
        var options = new GrainTypeOptions();
        foreach (var type in classes) options.Classes.Add(type);
        return new KindRegistry(Options.Create(options));
    }

    // Abstract, so that no silo of this test process finds them.
    [TopicKind("test-every", Delivery.Latest)]
    internal abstract class SameKind : TopicGrain<Tally, Added>;

    [TopicKind("test-thinned", Delivery.Latest, MaxRate = 0.5)]
    internal abstract class Thinned : TopicGrain<Tally, Added>;

    [TopicKind("test-thinned-every", Delivery.Every, MaxRate = 2)]
    internal abstract class ThinnedEvery : TopicGrain<Tally, Added>;

    [TopicKind("test-too-fast", Delivery.Latest, MaxRate = 1001)]
    internal abstract class TooFast : TopicGrain<Tally, Added>;

    [TopicKind("test-none", Delivery.Latest)]
    internal abstract class NoTopic : Grain;
}
