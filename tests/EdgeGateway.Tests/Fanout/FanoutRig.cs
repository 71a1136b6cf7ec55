using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Logs;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>One worker that does its rounds when the test says so, on the test's thread.</summary>
internal sealed class FanoutRig : IDisposable
{
    private FanoutWorker? _worker;

    public FanoutRig(FanoutOptions? options = null)
    {
        Options = options ?? new FanoutOptions();
        Options.Workers = 1;
        Workers = new FanoutWorkers(Microsoft.Extensions.Options.Options.Create(Options), Time, A.Metrics(), Log.For<FanoutWorkers>());
    }

    public FanoutOptions Options { get; }

    public FakeTimeProvider Time { get; } = new();

    public LogCapture Log { get; } = new();

    public FanoutWorkers Workers { get; }

    public FanoutWorker Worker => _worker ??= Workers.Assign(new Connection(new FakeSink(), new View(WireFormat.Sse), "none"));

    public TopicChannel Channel(TopicKey topic, Delivery delivery, int maxUpdates = 256) => new(topic, delivery, Workers, maxUpdates, 1 << 20);

    public FakeClient Connect(WireFormat format = WireFormat.WebSocket, bool deltas = false, SinkMode mode = SinkMode.Synchronous, params (string, Position)[] unjoined) =>
        Connect(new View(format, deltas), mode, unjoined);

    public FakeClient Connect(View view, SinkMode mode = SinkMode.Synchronous, params (string, Position)[] unjoined)
    {
        var sink = new FakeSink { Mode = mode };
        var connection = new Connection(sink, view, view.Format == WireFormat.WebSocket ? "websocket" : "sse");
        sink.Connection = connection;
        if (unjoined.Length > 0) connection.Unjoined = [.. unjoined];
        Workers.Assign(connection).Open(connection, []);
        return new FakeClient(this, connection, sink);
    }

    /// <summary>Does rounds until nothing is queued.</summary>
    public void Run()
    {
        do
        {
            Assert.True(Worker.Round());
        }
        while (Worker.Backlog > 0);
    }

    /// <summary>Lets time pass second by second, each with its tick.</summary>
    public void Pass(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Worker.Post(new Work(WorkKind.Tick, Workers, null));
            Run();
        }
    }

    public void Dispose()
    {
        Workers.Dispose();
        Log.Dispose();
    }
}

/// <summary>A client of the rig.</summary>
internal sealed class FakeClient(FanoutRig rig, Connection connection, FakeSink sink)
{
    public Connection Connection { get; } = connection;

    public FakeSink Sink { get; } = sink;

    public List<Received> Received => Fanout.Received.Parse(Connection.View, Sink.Taken);

    /// <summary>Reason of the end; null while it is open, and after an end without one.</summary>
    public CloseReason? Closed => Connection.Ended.IsCompletedSuccessfully ? Connection.Ended.Result : null;

    /// <summary>Offsets of the changes got, negative when a patch.</summary>
    public List<long> Offsets
    {
        get
        {
            var offsets = new List<long>();
            foreach (var got in Received)
            {
                if (got.Name == "change") offsets.Add(got.Envelope.Patch is null ? got.Envelope.Position.Offset : -got.Envelope.Position.Offset);
            }

            return offsets;
        }
    }

    /// <summary>Queues the joining of a topic; null = with what is newest. The answer is complete after the next round.</summary>
    public Task<bool> Attach(TopicChannel channel, Position? after = null, bool startsOver = false) =>
        Connection.Worker!.AttachAsync(new Subscriber(Connection, channel, channel.Selections.Take(Connection.View)!) { Epoch = after?.Epoch ?? 0, Offset = after?.Offset ?? 0 }, startsOver);

    /// <summary>Joins a topic.</summary>
    public FakeClient Join(TopicChannel channel, Position? after = null, bool startsOver = false)
    {
        var attached = Attach(channel, after, startsOver);
        rig.Run();
        Assert.True(A.Now(attached));
        return this;
    }

    /// <summary>Gives what was got to the judge of the client contract.</summary>
    public void Judge(params Transcript[] transcripts)
    {
        foreach (var got in Received)
        {
            if (got.Name != "change") continue;
            var envelope = got.Envelope;
            foreach (var transcript in transcripts)
            {
                if (transcript.Topic == envelope.Topic) transcript.Take(envelope);
            }
        }

        foreach (var transcript in transcripts) transcript.AssertKept();
    }
}
