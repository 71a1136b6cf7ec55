using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>A link between regions goes bad under load: nobody is misled, nobody else feels it, and after heal all is there within two seconds.</summary>
[Collection(StarCollection.Name)]
public sealed class LinkFaultTests(StarWorld star)
{
    private static readonly TimeSpan Fault = TimeSpan.FromSeconds(4);

    [Theory]
    [InlineData("delay")]
    [InlineData("stall")]
    [InlineData("half-open-down")]
    [InlineData("half-open-up")]
    [InlineData("half-close")]
    [InlineData("cut")]
    [InlineData("resets")]
    [InlineData("trickle")]
    public async Task Link_Fault_ClientsStayConnectedAndCatchUpWithoutHole(string fault)
    {
        var token = TestContext.Current.CancellationToken;
        var link = star.World.Link(StarWorld.Edge, StarWorld.Home);
        await using var checker = await WorldChecker.StartAsync(star.World, fault);
        checker.Watch(StarWorld.Home, StarWorld.Edge, StarWorld.OtherEdge);
        checker.StartLoad(perTopic: 10);
        foreach (var client in checker.Clients) await client.News[0].ReachesAsync(10, WorldChecker.Soon);
        try
        {
            await BreakAsync(fault, link, token);
            // Whoever is not behind the bad link does not notice.
            await checker.CaughtUpAsync(StarWorld.OtherEdge, TimeSpan.FromSeconds(5));
        }
        finally
        {
            link.Heal();
        }

        var caughtUp = await checker.CaughtUpAsync(StarWorld.Edge, WorldChecker.Soon);
        await checker.SettledAsync();

        TestContext.Current.SendDiagnosticMessage("{0}: caught up after heal: {1}.", fault, caughtUp);
        Assert.Empty(checker.GapsTold());
        Assert.All(checker.Clients, client => Assert.Equal(1, client.Resuming!.Connections));
        Assert.InRange(caughtUp.Latest, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.InRange(caughtUp.Every, TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    private static async Task BreakAsync(string fault, WorldLink link, CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case "delay":
                link.SetDelay(TimeSpan.FromMilliseconds(40), TimeSpan.FromMilliseconds(110));
                break;
            case "stall":
                link.Stall();
                break;
            case "half-open-down":
                link.StallDown();
                break;
            case "half-open-up":
                link.StallUp();
                break;
            case "half-close":
                link.HalfClose();
                break;
            case "cut":
                await link.CutAsync();
                break;
            case "trickle":
                link.SetRate(100);
                break;
            default:
                for (var i = 0; i < 8; i++)
                {
                    link.Reset();
                    await Task.Delay(Fault / 8, TimeProvider.System, cancellationToken);
                }

                return;
        }

        await Task.Delay(Fault, TimeProvider.System, cancellationToken);
    }
}
