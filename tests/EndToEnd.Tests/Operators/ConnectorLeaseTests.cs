using System.Diagnostics;
using System.Text.RegularExpressions;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Processes;

namespace E2EEvents.EndToEnd.Operators;

/// <summary>Two connector processes with the same settings on a real Redis: one at work, one standing by. Every headline is one offset, so none is lost or applied twice.</summary>
public sealed partial class ConnectorLeaseTests
{
    private const int Topics = 10;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TakeOver = TimeSpan.FromSeconds(20); // promised: 10 s; a busy machine is not a broken promise

    [Fact]
    public async Task Active_KilledUnderLoad_TheOtherTakesOverAndEveryEventIsAppliedOnceInOrder()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        await using var second = await StartSecondAsync(region);
        var (headlines, transcripts) = NewHeadlines();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);

        var adding = region.AddAllAsync(headlines.Next(10_000));
        await transcripts[0].ReachesAsync(50, Soon);
        await region.Connectors.KillAsync();
        await TakesOverAsync(second, "kill -9");
        await adding;
        await region.Connectors.StartAsync(token); // stands by from now on
        await second.KillAsync();
        await region.AddAllAsync(headlines.Next(1000));
        await TakesOverAsync(region.Connectors, "the second kill -9");

        await headlines.ReachedByAsync(transcripts, Soon);
        AssertOnce(headlines, transcripts);
    }

    // One of the two silos holds the lease: one of these kills hits it.
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Active_KilledTogetherWithASilo_TheOtherTakesOver(int silo)
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token, silos: 2);
        await using var second = await StartSecondAsync(region);
        var (headlines, transcripts) = NewHeadlines();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);
        await region.AddAllAsync(headlines.Next(1000));
        await headlines.ReachedByAsync(transcripts, Soon);

        await Task.WhenAll(region.Connectors.KillAsync(), region.Silos[silo].KillAsync());
        var adding = region.AddAllAsync(headlines.Next(1000));
        await TakesOverAsync(second, $"kill -9 together with silo {silo}");
        await adding;
        await headlines.ReachedByAsync(transcripts, Soon);
    }

    [Fact]
    public async Task Active_FrozenUntilAnotherTookOver_StoresAndPublishesNothingWhenItGoesOn()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        await using var second = await StartSecondAsync(region);
        var (headlines, transcripts) = NewHeadlines();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);

        var adding = region.AddAllAsync(headlines.Next(10_000));
        await transcripts[0].ReachesAsync(10, Soon);
        region.Connectors.Freeze();
        await TakesOverAsync(second, "a freeze");
        await adding;
        await headlines.ReachedByAsync(transcripts, Soon);

        region.Connectors.Thaw();
        await Eventually.TrueAsync(async _ => (await HealthAsync(region.Connectors)).Contains("standing by", StringComparison.Ordinal), Soon, () => region.Connectors.Output.Tail);
        var published = await CounterAsync(region.Connectors, "e2e_connectors_events_published");
        await region.AddAllAsync(headlines.Next(1000));
        await headlines.ReachedByAsync(transcripts, Soon);
        await Eventually.TrueAsync(async _ => await CounterAsync(second, "e2e_connectors_events_published") >= 1000, Soon);
        Assert.Equal(published, await CounterAsync(region.Connectors, "e2e_connectors_events_published"));
        Assert.Equal((false, true), (await HasLeaseAsync(region.Connectors), await HasLeaseAsync(second)));
        AssertOnce(headlines, transcripts);

        // The checkpoint is the second one's: after its stop the first one reads nothing again.
        await second.StopAsync();
        await TakesOverAsync(region.Connectors, "SIGTERM after the thaw");
        await region.AddAllAsync(headlines.Next(10));
        await headlines.ReachedByAsync(transcripts, Soon);
        await Eventually.TrueAsync(async _ => await CounterAsync(region.Connectors, "e2e_connectors_events_published") == published + 10, Soon); // scrapes are cached for a moment
        AssertOnce(headlines, transcripts);
    }

    [Fact]
    public async Task Active_Stopped_HandsOverAndNothingIsPublishedTwice()
    {
        var token = TestContext.Current.CancellationToken;
        await using var region = await TestRegion.StartAsync(token);
        await using var second = await StartSecondAsync(region);
        var (headlines, transcripts) = NewHeadlines();
        await using var client = ResumingClient.Ws(region.Gateway, transcripts);
        await region.AddAllAsync(headlines.Next(500));
        await headlines.ReachedByAsync(transcripts, Soon);

        await region.Connectors.StopAsync();
        await TakesOverAsync(second, "SIGTERM");
        await region.AddAllAsync(headlines.Next(500));
        await headlines.ReachedByAsync(transcripts, Soon);
        AssertOnce(headlines, transcripts);
        await Eventually.TrueAsync(async _ => await CounterAsync(second, "e2e_connectors_takeovers") == 1, Soon); // scrapes are cached for a moment
        await Eventually.TrueAsync(async _ => await CounterAsync(second, "e2e_connectors_events_published") == 500, Soon); // what the first one published, it did not
    }

    private static (Headlines Headlines, IReadOnlyList<Transcript> Transcripts) NewHeadlines()
    {
        var headlines = new Headlines(Topics);
        return (headlines, headlines.NewTranscripts());
    }

    private static void AssertOnce(Headlines headlines, IReadOnlyList<Transcript> transcripts)
    {
        for (var i = 0; i < Topics; i++)
        {
            Assert.Equal(headlines.CountOf(i), transcripts[i].Offset);
            Assert.Equal(headlines.CountOf(i), transcripts[i].Taken);
            Assert.Empty(transcripts[i].Gaps);
        }
    }

    private static async Task<ProductProcess> StartSecondAsync(TestRegion region)
    {
        var second = new ProductProcess("Connectors");
        foreach (var (key, value) in region.Connectors.Settings) second.Settings.TryAdd(key, value); // its own ports stay
        await second.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(async _ => (await HealthAsync(second)).Contains("standing by", StringComparison.Ordinal), Soon, () => second.Output.Tail);
        Assert.Equal((true, false), (await HasLeaseAsync(region.Connectors), await HasLeaseAsync(second)));
        return second;
    }

    private static async Task TakesOverAsync(ProductProcess process, string after)
    {
        var clock = Stopwatch.StartNew();
        await Eventually.TrueAsync(async _ => await HasLeaseAsync(process), TakeOver, () => process.Output.Tail);
        TestContext.Current.SendDiagnosticMessage("Taken over {0:0.0} s after {1}.", clock.Elapsed.TotalSeconds, after);
    }

    private static async Task<bool> HasLeaseAsync(ProductProcess process) => await CounterAsync(process, "e2e_connectors_lease") == 1;

    private static async Task<double> CounterAsync(ProductProcess process, string name)
    {
        using var http = new HttpClient { BaseAddress = process.OperationsUri };
        var text = await http.GetStringAsync(new Uri("metrics", UriKind.Relative));
        var sum = 0.0;
        foreach (Match line in Metric().Matches(text))
        {
            if (line.Groups["name"].Value.StartsWith(name, StringComparison.Ordinal)) sum += double.Parse(line.Groups["value"].Value, System.Globalization.CultureInfo.InvariantCulture);
        }

        return sum;
    }

    private static async Task<string> HealthAsync(ProductProcess process)
    {
        using var http = new HttpClient { BaseAddress = process.OperationsUri };
        return await http.GetStringAsync(new Uri("health/ready", UriKind.Relative));
    }

    [GeneratedRegex("^(?<name>\\w+)\\{[^}]*connector=\"scores\"[^}]*\\} (?<value>[0-9.eE+-]+)", RegexOptions.Multiline)]
    private static partial Regex Metric();
}
