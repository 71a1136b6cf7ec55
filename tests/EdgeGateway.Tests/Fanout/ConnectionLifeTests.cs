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

    [Fact]
    public void Tick_QuietSse_GetsACommentAtLeastEveryHeartbeat()
    {
        var client = _rig.Connect(WireFormat.Sse).Join(Channel("a", 1));
        _rig.Pass(_rig.Options.Heartbeat);
        Assert.Equal("comment", client.Received[^1].Name);
        _rig.Pass(_rig.Options.Heartbeat);
        Assert.Equal(["change", "comment", "comment"], client.Received.ConvertAll(got => got.Name));
    }

    [Fact]
    public void Tick_BusySse_NeedsNoComment()
    {
        var channel = Channel("a", 1);
        var client = _rig.Connect(WireFormat.Sse).Join(channel);
        for (var i = 2; i < 60; i++)
        {
            channel.Publish(A.Frame(i), 0, Accept.Next);
            _rig.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.DoesNotContain(client.Received, got => got.Name == "comment");
    }

    [Fact]
    public void Tick_BusyWebSocket_IsPingedAllTheSame()
    {
        var channel = Channel("a", 1);
        var client = _rig.Connect().Join(channel);
        for (var i = 2; i < 22; i++)
        {
            channel.Publish(A.Frame(i), 0, Accept.Next);
            _rig.Pass(TimeSpan.FromSeconds(1));
        }

        Assert.Single(client.Received, got => got.Name == "ping");
    }

    [Fact]
    public void Tick_WebSocketAnswersItsPings_StaysOpen()
    {
        var client = _rig.Connect().Join(Channel("a", 1));
        var pings = 0;
        for (var i = 0; i < 200; i++)
        {
            _rig.Pass(TimeSpan.FromSeconds(1));
            var now = client.Received.FindAll(got => got.Name == "ping").Count;
            if (now > pings) client.Connection.Ponged();
            pings = now;
        }

        Assert.InRange(pings, 9, 11);
        Assert.False(client.Connection.Ended.IsCompleted);
    }

    [Fact]
    public void Tick_WebSocketAnswersNoPing_IsClosed()
    {
        var client = _rig.Connect().Join(Channel("a", 1));
        _rig.Pass(_rig.Options.Heartbeat + _rig.Options.PongTimeout - TimeSpan.FromSeconds(2));
        Assert.False(client.Connection.Ended.IsCompleted);
        _rig.Pass(TimeSpan.FromSeconds(4));
        Assert.Same(CloseReason.PingTimeout, client.Closed);
    }

    [Fact]
    public void Tick_Lifetime_EndsStreamsSpreadAroundIt()
    {
        var channel = Channel("a", 1);
        var ended = new List<double>();
        var clients = new List<FakeClient>();
        for (var i = 0; i < 100; i++) clients.Add(_rig.Connect(WireFormat.Sse).Join(channel));
        for (var minute = 1; minute <= 75; minute++)
        {
            _rig.Time.Advance(TimeSpan.FromMinutes(1));
            _rig.Worker.Post(new Work(WorkKind.Tick, _rig.Workers, null));
            _rig.Run();
            foreach (var client in clients.FindAll(client => client.Closed is not null))
            {
                Assert.Same(CloseReason.Lifetime, client.Closed);
                ended.Add(minute);
                clients.Remove(client);
            }
        }

        Assert.Equal(100, ended.Count);
        Assert.InRange(ended[0], 48, 60); // an hour, 20 % less or more
        Assert.InRange(ended[^1], 60, 73);
        Assert.InRange(ended.FindAll(minute => minute <= 60).Count, 20, 80);
    }

    [Fact]
    public void Stop_OpenConnections_AreCutAndWorkThatComesLaterIsRefused()
    {
        var channel = Channel("a", 1);
        var open = _rig.Connect(WireFormat.Sse).Join(channel);
        var blocked = _rig.Connect(WireFormat.Sse, mode: SinkMode.Blocking).Join(channel);
        blocked.Sink.AbortEndsWrites = false;
        _rig.Worker.Post(new Work(WorkKind.Stop, _rig.Workers, null));
        var behind = _rig.Connect(WireFormat.Sse);
        var attached = behind.Attach(channel);
        Assert.False(_rig.Worker.Round());
        Assert.True(open.Sink.IsAborted && blocked.Sink.IsAborted);
        Assert.Same(CloseReason.GoingAway, open.Closed);
        Assert.Same(CloseReason.GoingAway, blocked.Closed);

        var late = _rig.Connect(WireFormat.Sse);
        var lateAttached = late.Attach(channel);
        var written = _rig.Worker.WriteAsync(late.Connection, [1]);
        foreach (var client in (FakeClient[])[behind, late])
        {
            _rig.Worker.Post(new Work(WorkKind.Detach, client.Connection, null)); // as its session does when it leaves
            Assert.True(client.Connection.Ended.IsCompletedSuccessfully);
        }

        Assert.True(attached.IsCompletedSuccessfully && lateAttached.IsCompletedSuccessfully && written.IsCompletedSuccessfully);
    }

    [Fact]
    public void Close_Twice_TellsTheFirstReason()
    {
        var client = _rig.Connect().Join(Channel("a", 1));
        _rig.Worker.Post(new Work(WorkKind.Close, client.Connection, CloseReason.TooBig));
        Close(client, CloseReason.Lifetime);
        Assert.Same(CloseReason.TooBig, client.Closed);
        Assert.Single(client.Received, got => got.Name == "close");
    }

    [Fact]
    public void Leave_ClientSaidGoodbye_GetsItsAnswerBehindWhatIsPending()
    {
        var channel = Channel("a", 1);
        var client = _rig.Connect().Join(channel);
        channel.Publish(A.Frame(2), 0, Accept.Next);
        _rig.Worker.Leave(client.Connection, WebSocketFrames.CloseReply([0x0f, 0xa1])!);
        _rig.Run();
        Assert.Equal(["change", "change", "close"], client.Received.ConvertAll(got => got.Name));
        Assert.Equal("4001 ", client.Received[^1].Text);
        Assert.True(client.Connection.Ended.IsCompletedSuccessfully);
        Assert.Null(client.Closed);
        Assert.Equal(0, channel.SubscribersOf(0).Count);
    }

    [Fact]
    public void Leave_GatewayClosesAlready_IsItsAnswer()
    {
        var client = _rig.Connect().Join(Channel("a", 1));
        _rig.Worker.Post(new Work(WorkKind.Close, client.Connection, CloseReason.Lifetime));
        _rig.Worker.Leave(client.Connection, WebSocketFrames.CloseReply([])!);
        _rig.Run();
        Assert.Single(client.Received, got => got.Name == "close");
        Assert.Same(CloseReason.Lifetime, client.Closed);
    }

    [Fact]
    public void AnswerPing_ManyBeforeTheWorkersTurn_AreOneAnswerToTheNewest()
    {
        var client = _rig.Connect().Join(Channel("a", 1));
        for (byte i = 0; i < 100; i++) _rig.Worker.AnswerPing(client.Connection, WebSocketFrames.Pong([(byte)('a' + (i % 26))]));
        Assert.Equal(1, _rig.Worker.Backlog);
        _rig.Run();
        Assert.Equal(["change ", "pong v"], client.Received.ConvertAll(got => $"{got.Name} {(got.Name == "pong" ? got.Text : "")}"));
        _rig.Worker.AnswerPing(client.Connection, WebSocketFrames.Pong([]));
        _rig.Run();
        Assert.Equal(2, client.Received.FindAll(got => got.Name == "pong").Count);
    }

    [Fact]
    public void AnswerPing_ClientDoesNotRead_NothingPilesUp()
    {
        var client = _rig.Connect(mode: SinkMode.Blocking).Join(Channel("a", 1));
        for (var i = 0; i < 100; i++)
        {
            _rig.Worker.AnswerPing(client.Connection, WebSocketFrames.Pong(new byte[125]));
            _rig.Run();
        }

        Assert.Equal(127, client.Connection.Pending!.Bytes);
    }

    [Fact]
    public void Tick_SeveralTopics_WritesAllPositionsOnceASecondWhenTheyMoved()
    {
        var (first, second) = (Channel("a", 3), Channel("b", 7));
        var client = _rig.Connect(WireFormat.SseMany).Join(first).Join(second);
        _rig.Pass(TimeSpan.FromSeconds(3));
        first.Publish(A.Frame(4), 0, Accept.Next);
        first.Publish(A.Frame(5), 0, Accept.Next);
        _rig.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal([$"match/a@{A.At(3)},match/b@{A.At(7)}", $"match/a@{A.At(5)},match/b@{A.At(7)}"], Ids(client));
    }

    [Fact]
    public void Tick_TopicsNotJoinedYet_ArePartOfThePositionsWhereTheClientStands()
    {
        var (first, second) = (Channel("a", 3), Channel("b", 7));
        var client = _rig.Connect(WireFormat.SseMany, unjoined: [("match/b", A.At(5)), ("match/c", A.At(9))]);
        client.Join(first);
        _rig.Pass(TimeSpan.FromSeconds(1));
        client.Join(second, A.At(5));
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal([$"match/a@{A.At(3)},match/b@{A.At(5)},match/c@{A.At(9)}", $"match/a@{A.At(3)},match/b@{A.At(7)},match/c@{A.At(9)}"], Ids(client));
    }

    [Fact]
    public void Close_SeveralTopics_TellsThePositionsBeforeTheReason()
    {
        var (first, second) = (Channel("a", 3), Channel("b", 7));
        var client = _rig.Connect(WireFormat.SseMany).Join(first).Join(second);
        Close(client, CloseReason.GoingAway);
        Assert.Equal(["change", "change", "ids", "close"], client.Received.ConvertAll(got => got.Name));
    }

    [Theory]
    [InlineData(WireFormat.Sse)]
    [InlineData(WireFormat.WebSocket)]
    public void Tick_OtherFormats_WriteNoPositions(WireFormat format)
    {
        var client = _rig.Connect(format).Join(Channel("a", 3));
        _rig.Pass(TimeSpan.FromSeconds(3));
        Assert.Equal(["change"], client.Received.ConvertAll(got => got.Name));
    }

    private TopicChannel Channel(string key, long offset)
    {
        var channel = _rig.Channel(new TopicKey("match", key), Delivery.Every);
        for (var i = 1; i <= offset; i++) channel.Publish(A.Frame(i), 0, Accept.NewEpoch);
        return channel;
    }

    private static List<string> Ids(FakeClient client) => client.Received.FindAll(got => got.Name == "ids").ConvertAll(got => got.Text);

    private void Close(FakeClient client, CloseReason reason)
    {
        _rig.Worker.Post(new Work(WorkKind.Close, client.Connection, reason));
        _rig.Run();
    }

    private static string Told(FakeClient client) => string.Join(", ", client.Received.ConvertAll(got => $"{got.Name} {got.Text}".Trim()));
}
