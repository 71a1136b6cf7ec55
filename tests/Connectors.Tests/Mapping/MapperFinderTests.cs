using E2EEvents.Connectors.Mapping;
using E2EEvents.Connectors.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace E2EEvents.Connectors.Tests.Mapping;

public sealed class MapperFinderTests
{
    [Fact]
    public void Find_NothingConfigured_IsTopicAndEvent() => Assert.IsType<TopicEventMapper>(Find(new RedisConnectorOptions()));

    [Fact]
    public void Find_Rules_AreCompiled() => Assert.IsType<RuleMapper>(Find(new RedisConnectorOptions { Map = [new MappingRule { Topic = "a/{b}" }] }));

    [Theory]
    [InlineData("FinderMapper")]
    [InlineData("E2EEvents.Connectors.Tests.Mapping.FinderMapper")]
    [InlineData("E2EEvents.Connectors.Tests.Mapping.FinderMapper, E2EEvents.Connectors.Tests")]
    [InlineData("E2EEvents.Connectors.Tests.Mapping.FinderMapper, E2EEvents.Connectors.Tests, Version=9.9.9.9")]
    public void Find_TypeName_MakesItWithItsServices(string name)
    {
        var mapper = Assert.IsType<FinderMapper>(Find(new RedisConnectorOptions { Mapper = name }));
        Assert.Same(TimeProvider.System, mapper.Time);
    }

    [Fact]
    public void Find_RegisteredName_ComesFromTheServices()
    {
        var mine = new FinderMapper(TimeProvider.System);
        using var services = new ServiceCollection().AddKeyedSingleton<IEventMapper>("scores", mine).BuildServiceProvider();
        Assert.Same(mine, Find(new RedisConnectorOptions { Mapper = "scores" }, services));
    }

    [Theory]
    [InlineData("NoSuchMapper", "no class 'NoSuchMapper'")]
    [InlineData("E2EEvents.Connectors.Tests.Mapping.FinderMapper, Another.Assembly", "no class")]
    [InlineData("MapperFinderTests", "no class")] // there, but no mapper
    [InlineData("NeedyMapper", "cannot be made")]
    public void Find_WrongName_SaysWhatIsWrong(string name, string problem)
    {
        var errors = new List<string>();
        using var services = new ServiceCollection().BuildServiceProvider();
        MapperFinder.Find(new RedisConnectorOptions { Mapper = name }, "Connectors:a", services, errors);
        var error = Assert.Single(errors);
        Assert.StartsWith("Connectors:a:Mapper: ", error, StringComparison.Ordinal);
        Assert.Contains(problem, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Find_RulesAndMapper_IsAnError()
    {
        var errors = new List<string>();
        using var services = new ServiceCollection().BuildServiceProvider();
        MapperFinder.Find(new RedisConnectorOptions { Mapper = "FinderMapper", Map = [new MappingRule { Topic = "a/b" }] }, "Connectors:a", services, errors);
        Assert.Contains("both Map and Mapper", Assert.Single(errors), StringComparison.Ordinal);
    }

    private static IEventMapper Find(ConnectorOptions options, IServiceProvider? services = null)
    {
        var errors = new List<string>();
        using var own = new ServiceCollection().AddSingleton(TimeProvider.System).BuildServiceProvider();
        var mapper = MapperFinder.Find(options, "Connectors:a", services ?? own, errors);
        Assert.Empty(errors);
        return mapper;
    }
}

/// <summary>A mapper as a developer writes one.</summary>
public sealed class FinderMapper(TimeProvider time) : IEventMapper
{
    public TimeProvider Time { get; } = time;

    public MappedRecord Map(SourceRecord record) => MappedRecord.Nothing;
}

/// <summary>A mapper that asks for what nobody registers.</summary>
public sealed class NeedyMapper(IComparable<NeedyMapper> missing) : IEventMapper
{
    public IComparable<NeedyMapper> Missing { get; } = missing;

    public MappedRecord Map(SourceRecord record) => MappedRecord.Nothing;
}
