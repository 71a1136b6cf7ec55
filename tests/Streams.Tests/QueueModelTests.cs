using System.Globalization;
using System.Linq;
using CsCheck;
using E2EEvents.Testing.Servers;

namespace E2EEvents.Streams.Tests;

/// <summary>A queue in a real Redis against plain lists: whatever agents come, go, crash or run beside each other, what was appended is delivered, in order.</summary>
public sealed class QueueModelTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static int s_queues;

    /// <summary>0 to 4 append to one of three streams; 5 starts an agent, 6 stops one, 7 crashes one, 8 looks.</summary>
    private static readonly Gen<(int What, int Which)[]> GenSteps = Gen.Select(Gen.Int[0, 8], Gen.Int[0, 2]).Array[1, 60];

    [Fact]
    public Task Queue_AnyAgents_DeliversWhatWasAppendedInOrder() => GenSteps.SampleAsync(
        async steps =>
        {
            await using var harness = NewHarness();
            var agents = new List<QueueHarness.Agent>();
            foreach (var (what, which) in steps) await DoAsync(harness, agents, what, which);
            foreach (var agent in agents) await agent.StopAsync();
            var last = harness.StartAgent();
            await Eventually.TrueAsync(async token => await harness.Log.LengthAsync(token) == 0, Soon, () => Wrong(harness));
            await last.StopAsync();
            foreach (var (stream, count) in harness.Appended)
            {
                for (var consumer = 0; consumer < 2; consumer++) Assert.Equal(TestSilos.Numbers((int)count), harness.TakenOf(stream, consumer));
            }
        },
        iter: 60, threads: 1);

    [Fact]
    public async Task TwoAgentsOnOneQueue_UnderLoad_LoseNothing()
    {
        await using var harness = NewHarness();
        var agents = new[] { harness.StartAgent(), harness.StartAgent() };
        var appending = Enumerable.Range(0, 5).Select(async stream =>
        {
            for (var i = 0; i < 300; i++) await harness.AppendAsync(stream.ToString(CultureInfo.InvariantCulture));
        }).ToList();
        for (var i = 0; i < 5; i++) await harness.AssertNothingLostAsync();
        await Task.WhenAll(appending);
        await Eventually.TrueAsync(async token => await harness.Log.LengthAsync(token) == 0, Soon);
        foreach (var agent in agents) await agent.StopAsync();
        foreach (var (stream, count) in harness.Appended)
        {
            for (var consumer = 0; consumer < 2; consumer++) Assert.Equal(TestSilos.Numbers((int)count), harness.TakenOf(stream, consumer));
        }
    }

    private static async Task DoAsync(QueueHarness harness, List<QueueHarness.Agent> agents, int what, int which)
    {
        var agent = agents.Count == 0 ? null : agents[which % agents.Count];
        switch (what)
        {
            case <= 4:
                await harness.AppendAsync(which.ToString(CultureInfo.InvariantCulture));
                break;
            case 5 when agents.Count < 3:
                var random = new Random(which);
                agents.Add(harness.StartAgent(() => random.Next(4) == 0));
                break;
            case 6 when agent is not null:
                agents.Remove(agent);
                await agent.StopAsync();
                break;
            case 7 when agent is not null:
                agents.Remove(agent);
                await agent.CrashAsync();
                break;
            case 8:
                await harness.AssertNothingLostAsync();
                break;
        }
    }

    private static string Wrong(QueueHarness harness) => string.Join("; ", harness.Appended.Select(stream => $"{stream.Key}: {stream.Value}, taken {harness.TakenOf(stream.Key, 0).Count} and {harness.TakenOf(stream.Key, 1).Count}"));

    private QueueHarness NewHarness() =>
        new(redis.Endpoint, new RedisStreamsOptions { DeletePeriod = TimeSpan.Zero, DeliveryEvents = 3, IdleWait = TimeSpan.FromMilliseconds(100) }, $"model-{Interlocked.Increment(ref s_queues)}");
}
