using System.Linq;
using E2EEvents.Connectors.Configuration;
using E2EEvents.Connectors.Mapping;
using E2EEvents.Connectors.Redis;
using E2EEvents.Connectors.Sample;
using E2EEvents.Testing.Logs;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace E2EEvents.Connectors.Tests.Configuration;

public sealed class ConnectorPlanTests
{
    [Fact]
    public void Plan_EverySetting_ArrivesInTheOptions()
    {
        var plan = Plan(new()
        {
            ["scores:Type"] = "redis",
            ["scores:Configuration"] = "redis:6379,password=secret,ssl=true",
            ["scores:Streams:0"] = "a",
            ["scores:Streams:1"] = "b",
            ["scores:From"] = "now",
            ["scores:MaxInFlightEvents"] = "5",
            ["scores:SettleTimeout"] = "00:00:07",
            ["scores:Map:0:When"] = "x",
            ["scores:Map:0:Topic"] = "match/{id}",
            ["scores:Map:0:TimeUnit"] = "Milliseconds",
            ["demo:Type"] = "Sample",
            ["demo:Speed"] = "3.5",
        });
        Assert.Empty(plan.Errors);
        Assert.Equal(["demo", "scores"], plan.Connectors.Select(connector => connector.Name));
        var options = Assert.IsType<RedisConnectorOptions>(plan.Connectors[1].Options);
        Assert.Equal((5, TimeSpan.FromSeconds(7), RedisStart.Now), (options.MaxInFlightEvents, options.SettleTimeout, options.From));
        Assert.Equal(["a", "b"], options.Streams);
        Assert.Equal(TimeUnit.Milliseconds, options.Map[0].TimeUnit);
        Assert.IsType<RuleMapper>(plan.Connectors[1].Mapper);
        Assert.IsType<SampleConnector>(plan.Connectors[0].Connector);
    }

    [Fact]
    public void Plan_EverythingWrong_IsToldAtOnceWithItsPath()
    {
        var plan = Plan(new()
        {
            ["a:Type"] = "Oracle",
            ["b b:Type"] = "Sample",
            ["c:Configuration"] = "x",
            ["d:Type"] = "Redis",
            ["d:Strems:0"] = "typo",
            ["d:MaxInFlightEvents"] = "many",
            ["d:Map:0:Topc"] = "typo",
            ["d:Map:0:Ignore"] = "perhaps",
            ["d:From"] = "Yesterday",
            ["d:Streams"] = "no-list",
            ["d:SettleTimeout"] = "soon",
            ["e:Type"] = "Redis",
            ["e:MaxBatchEvents"] = "0",
            ["e:Map:0:Topic"] = "match/{",
            ["f:Type"] = "Redis",
            ["f:Configuration"] = "redis:6379,passwrd=geheim",
            ["f:Mode"] = "PubSub",
        });
        Assert.Equal(
            [
                "Connectors:a:Type", "Connectors:b b", "Connectors:c:Type",
                "Connectors:d:From", "Connectors:d:Map:0:Ignore", "Connectors:d:Map:0:Topc", "Connectors:d:MaxInFlightEvents", "Connectors:d:SettleTimeout", "Connectors:d:Streams", "Connectors:d:Strems",
                "Connectors:e:Configuration", "Connectors:e:Map:0:Topic", "Connectors:e:MaxBatchEvents", "Connectors:e:Streams",
                "Connectors:f:Channels", "Connectors:f:Configuration",
            ],
            plan.Errors.Select(error => error.Split(": ")[0]).Order(StringComparer.Ordinal));
        Assert.DoesNotContain("geheim", string.Join('\n', plan.Errors), StringComparison.Ordinal);
        Assert.Empty(plan.Connectors);
    }

    [Fact]
    public void Plan_SwitchedOff_IsCheckedButNotRun()
    {
        Assert.Empty(Plan(new() { ["a:Type"] = "Sample", ["a:Enabled"] = "false" }).Connectors);
        Assert.Single(Plan(new() { ["a:Type"] = "Sample", ["a:Enabled"] = "false", ["a:Speed"] = "0" }).Errors);
    }

    [Fact]
    public async Task Host_WrongSettings_DoesNotStartAndTellsAll()
    {
        using var log = new LogCapture().Expect(line => line.Category.StartsWith("Microsoft.Extensions.Hosting", StringComparison.Ordinal));
        using var host = HostWith(log, new() { ["Connectors:a:Type"] = "Oracle", ["Connectors:b:Type"] = "Redis" });
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, failure.Failures.Count()); // type of a; configuration and streams of b
    }

    [Fact]
    public async Task Host_NoConnectors_StartsAndSaysSo()
    {
        using var log = new LogCapture().Expect(2011);
        using var host = HostWith(log, []);
        await host.StartAsync(TestContext.Current.CancellationToken);
        Assert.True(log.Has(2011));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(true, null, null, SafeAfter.Appended)]
    [InlineData(true, "Settled", null, SafeAfter.Settled)]
    [InlineData(true, "Appended", null, SafeAfter.Appended)]
    [InlineData(true, null, "match", SafeAfter.Settled)]
    [InlineData(false, null, null, SafeAfter.Settled)]
    [InlineData(false, "Settled", null, SafeAfter.Settled)]
    [InlineData(false, "Appended", null, null)]
    [InlineData(true, "Appended", "match", null)]
    public void Plan_SafeAfter_DependsOnTheStreamsAndRefusesWhatCouldLoseEvents(bool durableStreams, string? safeAfter, string? follows, SafeAfter? expected)
    {
        var plan = Plan(new() { ["a:Type"] = "Sample", ["a:SafeAfter"] = safeAfter, ["a:Follows"] = follows }, durableStreams);
        if (expected is null) Assert.StartsWith("Connectors:a:SafeAfter: must be Settled", Assert.Single(plan.Errors), StringComparison.Ordinal);
        else Assert.Equal(expected, Assert.Single(plan.Connectors).Options.SafeAfter);
    }

    private static IHost HostWith(LogCapture log, Dictionary<string, string?> settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.AddProvider(log.AsProvider());
        builder.AddConnectors();
        return builder.Build();
    }

    private static ConnectorPlan Plan(Dictionary<string, string?> settings, bool durableStreams = false)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => $"Connectors:{setting.Key}", setting => setting.Value)).Build();
        using var log = new LogCapture();
        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddSingleton<ILoggerFactory>(log).AddMetrics().AddSingleton<ConnectorsMetrics>().BuildServiceProvider();
        return new ConnectorPlan(configuration.GetSection("Connectors"), [new RedisConnectorType(), new SampleConnectorType(new SampleOptionsValidator())], services, durableStreams);
    }
}
