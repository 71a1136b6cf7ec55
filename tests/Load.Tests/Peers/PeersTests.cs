using System.Text.Json;
using E2EEvents.Testing.Processes;

namespace E2EEvents.Load.Tests.Peers;

/// <summary>The mode as a person runs it, small. Bun and nchan are not installed for tests; whoever has them passes too.</summary>
public sealed class PeersTests
{
    [Theory]
    [InlineData("steady")]
    [InlineData("bursts", "--topics", "5", "--topics-per-subscriber", "3", "--peers", "gateway")]
    [InlineData("closed", "--peers", "gateway")]
    public async Task Peers_ServersThatAreHere_DeliverEverythingOnceAndInOrder(string shape, params string[] more)
    {
        string[] arguments =
        [
            "peers", "--shape", shape, "--subscribers", "30", "--per-process", "20", "--rounds", "1", "--warmup", "0.5", "--seconds", "1", "--pin", "none", .. more,
        ];
        var lines = await ToolProcess.RunAsync("Load", arguments, TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        var text = string.Join('\n', lines);
        var result = JsonSerializer.Deserialize<JsonElement>(Array.Find(lines, line => line.StartsWith("{\"mode\"", StringComparison.Ordinal)) ?? throw new InvalidOperationException(text));
        Assert.True(result.GetProperty("passed").GetBoolean(), text);
        foreach (var peer in result.GetProperty("peers").EnumerateArray())
        {
            var turn = peer.GetProperty("turns")[0];
            Assert.True(turn.GetProperty("isWhole").GetBoolean(), text);
            Assert.True(turn.GetProperty("deliveriesPerSecond").GetDouble() > 0, text);
        }
    }
}
