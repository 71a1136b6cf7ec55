using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using E2EEvents.Connectors.Configuration;
using E2EEvents.Connectors.Mapping;
using E2EEvents.Connectors.Redis;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Interfaces.Wire;
using E2EEvents.Testing.Logs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Tests.Docs;

/// <summary>What docs/connectors.md shows works as it is written there.</summary>
public sealed partial class ConnectorsDocTests
{
    private static readonly string Doc = File.ReadAllText(Repository.PathOf("docs/connectors.md"));

    [Fact]
    public void Doc_EveryConfiguration_IsAccepted()
    {
        var blocks = Blocks("json");
        Assert.True(blocks.Count >= 4);
        foreach (var block in blocks)
        {
            var plan = Plan(block);
            Assert.Empty(plan.Errors);
            Assert.Single(plan.Connectors);
        }
    }

    [Fact]
    public void Doc_Mapper_IsTheOneThatIsTestedHere()
    {
        var code = Assert.Single(Blocks("csharp"));
        Assert.Contains(code, File.ReadAllText(Repository.PathOf("tests/Connectors.Tests/Docs/StadiumClockMapper.cs")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("45+2", 45, 2)]
    [InlineData("12", 12, 0)]
    public void StadiumClockMapper_Text_GivesTheClock(string text, int minute, int added)
    {
        var mapped = Assert.Single(new StadiumClockMapper().Map(Records.Of($$"""{"match":"2026-ENG-ARS","clock":"{{text}}"}""")).Events);
        Assert.Equal(new ClockShown(minute, added), JsonSerializer.Deserialize<MatchEvent>(mapped.Data, StateEncoder.EventOptions));
    }

    [Fact]
    public void Doc_LeagueRules_GiveEventsThatTheKindsTake()
    {
        var mapper = Plan(Blocks("json").Single(block => block.Contains("league", StringComparison.Ordinal))).Connectors[0].Mapper;
        Assert.Empty(mapper.Map(Records.Of("""{"op":"heartbeat"}""")).Events);

        var goal = Assert.Single(mapper.Map(Records.Of("""{"op":"goal","matchId":"m1","goalId":"7","side":"home","minute":"23","scorer":{"name":"A. Berg"},"at":"2026-08-22T15:23:11Z"}""")).Events);
        Assert.Equal(("match/m1", 1_787_412_191_000_000), (goal.Topic.ToString(), goal.OriginTime));
        Assert.Equal(new GoalScored("goal-7", Side.Home, 23, "A. Berg"), JsonSerializer.Deserialize<MatchEvent>(goal.Data, StateEncoder.EventOptions));

        var trades = mapper.Map(Records.Of("""{"op":"prices","at":"2026-08-22T15:23:11Z","ts":1787412191000,"quotes":[{"symbol":"A","last":1.5,"size":10},{"symbol":"B","last":2,"size":1}]}""")).Events;
        Assert.Equal(["ticker/A", "ticker/B"], trades.Select(trade => trade.Topic.ToString()));
        Assert.Equal(
            new Traded(1.5m, 10, DateTimeOffset.FromUnixTimeSeconds(1787412191)), JsonSerializer.Deserialize<TickerEvent>(trades[0].Data, StateEncoder.EventOptions));
    }

    [Fact]
    public void Doc_FirstEvent_IsTakenByItsKind()
    {
        var command = XAdd().Match(Doc);
        Assert.True(command.Success);
        var record = new RecordJson("data").Of([("topic"u8.ToArray(), Encoding.UTF8.GetBytes(command.Groups["topic"].Value)), ("event"u8.ToArray(), Encoding.UTF8.GetBytes(command.Groups["event"].Value))]);
        var mapped = Assert.Single(new TopicEventMapper().Map(Records.Of(Records.Text(record))).Events);
        Assert.Equal(21.5, JsonSerializer.Deserialize<Observed>(mapped.Data, StateEncoder.EventOptions)!.TemperatureC);
    }

    private static List<string> Blocks(string language) => [.. Regex.Matches(Doc, $"```{language}\n(.*?)```", RegexOptions.Singleline).Select(match => match.Groups[1].Value)];

    private static ConnectorPlan Plan(string json)
    {
        var configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build();
        using var log = new LogCapture();
        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddSingleton<ILoggerFactory>(log).AddMetrics().AddSingleton<ConnectorsMetrics>().BuildServiceProvider();
        return new ConnectorPlan(configuration.GetSection("Connectors"), [new RedisConnectorType()], services, durableStreams: false);
    }

    [GeneratedRegex("XADD scores '\\*' topic (?<topic>\\S+) event '(?<event>[^']+)'")]
    private static partial Regex XAdd();
}
