using System.Text.Json.Nodes;
using E2EEvents.Testing.Processes;

namespace E2EEvents.EndToEnd.Torture;

/// <summary>A short <c>./torture</c>; a long one is run by hand.</summary>
public sealed class TortureTests
{
    [Theory]
    [InlineData("postgres", 11)]
    [InlineData("mariadb", 12)]
    public async Task Torture_AShortWhile_NothingIsLostRepeatedReorderedOrUntold(string database, int seed)
    {
        var verdict = await RunAsync("--minutes", "0.4", "--database", database, "--seed", seed.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.True((bool)verdict["passed"]!, verdict.ToJsonString());
        Assert.True((long)verdict["events"]! > 1000, verdict.ToJsonString());
        Assert.NotEmpty(verdict["faults"]!.AsObject());
    }

    [Fact]
    public async Task Check_SomebodysRunningDeployment_FollowsItsTopicsAndFindsNothingWrong()
    {
        await using var silo = new ProductProcess("Silo");
        await silo.StartAsync(TestContext.Current.CancellationToken);
        var verdict = await RunAsync("--check", silo.PublicUri.ToString(), "--minutes", "0.2", "--clients", "9");
        Assert.True((bool)verdict["passed"]!, verdict.ToJsonString());
        Assert.True((long)verdict["events"]! > 10, verdict.ToJsonString()); // of the sample feed
    }

    private static async Task<JsonObject> RunAsync(params string[] arguments)
    {
        var lines = await ToolProcess.RunAsync("Torture", arguments, TimeSpan.FromMinutes(8), TestContext.Current.CancellationToken);
        Assert.True(lines[^1].StartsWith('{'), "No JSON at the end: " + string.Join('\n', lines));
        return JsonNode.Parse(lines[^1])!.AsObject();
    }
}
