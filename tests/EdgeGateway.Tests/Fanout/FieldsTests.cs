using System.Linq;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Delivery of some fields alone.</summary>
public sealed class FieldsTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(Delivery.Every, 3)]
    [InlineData(Delivery.Latest, 1)]
    public void Publish_NothingChosenChanged_IsSentOfEveryAndLeftOutOfLatest(Delivery delivery, int changes)
    {
        var channel = _rig.Channel(A.Match, delivery);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        var client = _rig.Connect(View("epoch,fixed")).Join(channel);
        Publish(channel, 2, 3);
        Assert.Equal(changes, client.Offsets.Count);
    }

    [Fact]
    public void Publish_ChangeAfterSomeLeftOut_IsAPatchOfWhatTheClientHas()
    {
        var channel = _rig.Channel(A.Match, Delivery.Latest);
        channel.Publish(Frame(1, "a", 1), 0, Accept.NewEpoch);
        var client = _rig.Connect(View("name,fixed", deltas: true)).Join(channel);
        for (var i = 2; i <= 4; i++)
        {
            channel.Publish(Frame(i, "a", i), 0, Accept.Next);
            _rig.Run();
        }

        channel.Publish(Frame(5, "b", 5), 0, Accept.Next);
        _rig.Run();

        Assert.Equal([1, -5], client.Offsets);
        Assert.Equal("""{"name":"b"}""", client.Received[^1].Envelope.Patch!.ToJsonString());
        var transcript = new Transcript(A.Match, Delivery.Latest);
        transcript.Begin(resumed: false, patches: true);
        client.Judge(transcript);
        Assert.Equal("b", transcript.State!["name"]!.GetValue<string>());
    }

    [Fact]
    public void Publish_WhileBlocked_GivesTheStateAfterwardsAlthoughTheLastStepChangedNothing()
    {
        var channel = _rig.Channel(A.Match, Delivery.Latest);
        channel.Publish(Frame(1, "a", 1), 0, Accept.NewEpoch);
        var client = _rig.Connect(View("name,fixed", deltas: true)).Join(channel);
        client.Sink.Mode = SinkMode.Blocking;
        channel.Publish(Frame(2, "b", 2), 0, Accept.Next);
        _rig.Run();
        channel.Publish(Frame(3, "c", 3), 0, Accept.Next);
        _rig.Run();
        channel.Publish(Frame(4, "c", 4), 0, Accept.Next);
        _rig.Run();
        client.Sink.Mode = SinkMode.Synchronous;
        client.Sink.Release();
        _rig.Run();

        Assert.Equal([1, -2, 4], client.Offsets);
        Assert.Equal("c", client.Received[^1].Envelope.State!["name"]!.GetValue<string>());
    }

    [Fact]
    public void Attach_AtThePlaceBeforeOneLeftOut_GetsTheStateOnce()
    {
        var channel = _rig.Channel(A.Match, Delivery.Latest);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        channel.Publish(A.Frame(2), 0, Accept.Next);
        var client = _rig.Connect(View("epoch,fixed")).Join(channel, A.At(1));
        Publish(channel, 3);
        Assert.Equal([2], client.Offsets);
    }

    [Fact]
    public void CatchUp_FieldsOfManyLargeUpdates_TakesManyRoundsAndLeavesNothingOut()
    {
        var channel = new TopicChannel(A.Match, Delivery.Every, _rig.Workers, 200, 64 << 20);
        for (var offset = 1; offset <= 200; offset++) channel.Publish(A.Frame(offset, padding: 40_000), 0, Accept.NewEpoch);
        var clients = new List<FakeClient>();
        for (var i = 0; i < 3; i++) clients.Add(_rig.Connect(View("none")));
        _rig.Run();
        var attached = clients.ConvertAll(client => client.Attach(channel, A.At(0)));
        var rounds = 0;
        do
        {
            Assert.True(_rig.Worker.Round());
            rounds++;
        }
        while (_rig.Worker.Backlog > 0);
        Assert.All(attached, task => Assert.True(A.Now(task)));
        Assert.InRange(rounds, 3 * 200 * 40_000 / (2 * _rig.Options.MaxWriteBytes), 1000);
        Assert.All(clients, client => Assert.Equal(Enumerable.Range(1, 200).Select(offset => (long)offset), client.Offsets));
    }

    private static View View(string names, bool deltas = false) => new(WireFormat.WebSocket, deltas, FieldSet.TryParse(names, out var fields, out var error) ? fields : throw new FormatException(error));

    private static Frame Frame(long offset, string name, int other) =>
        new(A.At(offset), System.Text.Encoding.UTF8.GetBytes($$"""{"name":"{{name}}","other":{{other}},"fixed":"{{new string('x', 100)}}"}"""), 0, 1);

    private void Publish(TopicChannel channel, params long[] offsets)
    {
        foreach (var offset in offsets)
        {
            channel.Publish(A.Frame(offset), 0, Accept.Next);
            _rig.Run();
        }
    }
}
