using E2EEvents.Load.Peers;
using E2EEvents.Load.Peers.Servers;

namespace E2EEvents.Load.Tests.Peers;

public sealed class PeersOptionsTests
{
    [Fact]
    public void Read_ServerArgs_AreFurtherLinesOfOurs()
    {
        var options = Read("--peers", "bun,gateway", "--server-arg", "Gateway:Fanout:Workers=2,Gateway:DrainWindow=00:00:01;Gateway:Fanout:Workers=4")!;
        Assert.Equal("00:00:01", options.ServerSettings[0]["Gateway:DrainWindow"]);
        Assert.Equal(["bun", "gateway", "gateway Workers=2,DrainWindow=00:00:01", "gateway Workers=4"], PeerKind.Of(options).ConvertAll(kind => kind.Label));
    }

    [Fact]
    public void Read_Bursts_HasDefaultsOfItsOwn()
    {
        var options = Read("--shape", "bursts")!;
        Assert.Equal((200, 50, 50, 5.0), (options.Subscribers, options.Topics, options.TopicsPerSubscriber, options.Rate));
    }

    [Fact]
    public void Read_MoreThanOneProcessHolds_TakesAsManyAsNeeded() => Assert.Equal(3, Read("--subscribers", "50000")!.Processes);

    [Theory]
    [InlineData("--peers", "apache")]
    [InlineData("--server-arg", "Workers")]
    [InlineData("--pin", "0")]
    [InlineData("--closed", "yes")]
    public void Read_Wrong_SaysSo(string name, string value)
    {
        using var errors = new StringWriter();
        Assert.Null(PeersOptions.Read([name, value], errors));
        Assert.Contains(name, errors.ToString(), StringComparison.Ordinal);
    }

    private static PeersOptions? Read(params string[] words) => PeersOptions.Read(words, TextWriter.Null);
}
