using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>A gateway that stops: its connections are closed a share at a time, and told when to come back.</summary>
public sealed class DrainTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void CloseShare_AllSteps_CloseEverybodyOnceAndEvenly()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        var clients = new List<FakeClient>();
        for (var i = 0; i < 20; i++) clients.Add(_rig.Connect(WireFormat.Sse).Join(channel));
        for (var step = 0; step < 4; step++)
        {
            _rig.Worker.Post(new Work(WorkKind.CloseShare, CloseReason.GoingAway, 4 - step));
            _rig.Run();
            Assert.Equal(5 * (step + 1), clients.FindAll(client => client.Closed == CloseReason.GoingAway).Count);
        }

        Assert.All(clients, client => Assert.Equal(["change", "close"], client.Received.ConvertAll(got => got.Name)));
    }

    [Theory]
    [InlineData(WireFormat.Sse)]
    [InlineData(WireFormat.WebSocket)]
    public void CloseShare_GatewayStops_EachClientIsToldItsOwnWait(WireFormat format)
    {
        var clients = new List<FakeClient>();
        for (var i = 0; i < 20; i++) clients.Add(_rig.Connect(format));
        _rig.Worker.Post(new Work(WorkKind.CloseShare, CloseReason.GoingAway, 1));
        _rig.Run();
        var waits = clients.ConvertAll(client => int.Parse(Regex.Match(Assert.Single(client.Received).Text, " after ([0-9]+) ms$").Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        Assert.All(waits, wait => Assert.InRange(wait, 1, _rig.Options.ReconnectWithin.TotalMilliseconds));
        Assert.True(waits.Distinct().Count() > 10);
    }

    [Fact]
    public void CloseShare_LastStep_AlsoClosesWhoeverComesLater()
    {
        _rig.Worker.Post(new Work(WorkKind.CloseShare, CloseReason.GoingAway, 1));
        _rig.Run();
        var late = _rig.Connect(WireFormat.Sse);
        _rig.Run();
        Assert.Same(CloseReason.GoingAway, late.Closed);
        Assert.Equal("close", Assert.Single(late.Received).Name);
    }
}
