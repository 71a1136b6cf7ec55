using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Beats, limits and closes, on the worker's own clock.</summary>
public sealed class ConnectionLifeTests : IDisposable
{
    private readonly FanoutRig _rig = new(new FanoutOptions { Lifetime = TimeSpan.FromHours(1) });

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(WireFormat.Sse, "close 4005 unavailable: the topic cannot be reached now; reconnect with your last position")]
    [InlineData(WireFormat.WebSocket, "close 4005 unavailable: the topic cannot be reached now; reconnect with your last position")]
    public void Close_NoTopicJoinedYet_IsToldAndEnds(WireFormat format, string expected)
    {
        var client = _rig.Connect(format);
        Close(client, CloseReason.Unavailable);
        Assert.Equal(expected, Told(client));
        Assert.Same(CloseReason.Unavailable, client.Closed);
    }

    [Fact]
    public void Tick_NoTopicJoinedYet_Beats()
    {
        var client = _rig.Connect();
        _rig.Pass(TimeSpan.FromSeconds(21));
        Assert.Equal("ping", Told(client));
    }

    private void Close(FakeClient client, CloseReason reason)
    {
        _rig.Worker.Post(new Work(WorkKind.Close, client.Connection, reason));
        _rig.Run();
    }

    private static string Told(FakeClient client) => string.Join(", ", client.Received.ConvertAll(got => $"{got.Name} {got.Text}".Trim()));
}
