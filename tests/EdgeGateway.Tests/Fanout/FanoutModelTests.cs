using System.Globalization;
using System.Text.Json.Nodes;
using CsCheck;
using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>
/// The laws of delivery under any order of things: whatever is published, joined, blocked, released, lost and closed, what each client has got
/// obeys the client contract (judged by <see cref="Transcript"/>), nobody is left behind, and nothing of an ended connection stays.
/// </summary>
public sealed class FanoutModelTests
{
    private const int Topics = 3;
    private const int Clients = 4;

    private enum Act
    {
        Publish,
        PublishMany,
        Hole,
        Epoch,
        Join,
        Block,
        Release,
        Round,
        Run,
        Tick,
        Detach,
        Close,
        Fail,
        Stale,
        Ping,
    }

    private static readonly Gen<(Act Act, int Client, int Topic, int Number)> GenStep = Gen.Select(
        Gen.Frequency(
            (30, Act.Publish), (6, Act.PublishMany), (2, Act.Hole), (2, Act.Epoch), (16, Act.Join), (10, Act.Block), (14, Act.Release), (20, Act.Round),
            (12, Act.Run), (3, Act.Tick), (2, Act.Detach), (1, Act.Close), (1, Act.Fail), (3, Act.Stale), (2, Act.Ping)),
        Gen.Int[0, Clients - 1], Gen.Int[0, Topics - 1], Gen.Int[0, 40]);

    [Fact]
    public void Deliver_AnythingInAnyOrder_KeepsTheContract() =>
        GenStep.Array[1, 150].Sample(
            steps =>
            {
                using var world = new World();
                foreach (var step in steps) world.Do(step);
                world.Finish();
            },
            iter: 500);

    /// <summary>A worker with three topics (the last one latest) and four places for clients.</summary>
    private sealed class World : IDisposable
    {
        private readonly FanoutRig _rig = new(new FanoutOptions { MaxWriteBytes = 4096, Lifetime = TimeSpan.FromHours(10) });
        private readonly TopicChannel[] _channels = new TopicChannel[Topics];
        private readonly ulong[] _epochs = new ulong[Topics];
        private readonly List<Player> _players = [];
        private readonly Player?[] _places = new Player?[Clients];

        public World()
        {
            _rig.Log.Expect(3015);
            for (var i = 0; i < Topics; i++)
            {
                _epochs[i] = 1;
                _channels[i] = _rig.Channel(new TopicKey("match", $"t{i}"), i == Topics - 1 ? Delivery.Latest : Delivery.Every, maxUpdates: 12);
                _channels[i].Begin(new Position(1, 0));
            }
        }

        public void Do((Act Act, int Client, int Topic, int Number) step)
        {
            var player = _places[step.Client];
            if (player is not null && step.Act is (Act.Block or Act.Fail or Act.Close or Act.Detach)) player.IsWithoutFault = false;
            switch (step.Act)
            {
                case Act.Publish:
                    Publish(step.Topic, 1);
                    break;
                case Act.PublishMany:
                    for (var i = 0; i < step.Number; i++) Publish(step.Topic, 1);
                    break;
                case Act.Hole:
                    Publish(step.Topic, 2 + step.Number);
                    break;
                case Act.Epoch:
                    _epochs[step.Topic]++;
                    Publish(step.Topic, step.Number % 3 + 1);
                    break;
                case Act.Join:
                    Join(step.Client, step.Topic, step.Number);
                    break;
                case Act.Block when player is not null:
                    player.Client.Sink.Mode = SinkMode.Blocking;
                    break;
                case Act.Release when player is { Client.Sink.IsWriting: true }:
                    if (step.Number % 2 == 0) player.Client.Sink.Mode = SinkMode.Synchronous;
                    player.Client.Sink.Release();
                    break;
                case Act.Round:
                    Round();
                    break;
                case Act.Run:
                    Run();
                    break;
                case Act.Tick:
                    _rig.Time.Advance(TimeSpan.FromSeconds(1 + step.Number / 4));
                    _rig.Worker.Post(new Work(WorkKind.Tick, _rig.Workers, null));
                    break;
                case Act.Detach when player is not null:
                    _rig.Worker.Post(new Work(WorkKind.Detach, player.Client.Connection, null));
                    break;
                case Act.Close when player is not null:
                    _rig.Worker.Post(new Work(WorkKind.Close, player.Client.Connection, CloseReason.Lifetime));
                    break;
                case Act.Fail when player is not null:
                    player.Client.Sink.Mode = step.Number % 2 == 0 ? SinkMode.Failing : SinkMode.Throwing;
                    player.Client.Sink.Failure = step.Number % 3 == 0 ? new NotSupportedException() : new IOException();
                    break;
                case Act.Stale:
                    _channels[step.Topic].SetStale(!_channels[step.Topic].IsStale);
                    break;
                case Act.Ping when player is { Client.Connection.Format: WireFormat.WebSocket }:
                    player.Client.Connection.Ponged();
                    _rig.Worker.AnswerPing(player.Client.Connection, WebSocketFrames.Pong([1]));
                    break;
            }
        }

        /// <summary>Lets everybody read to the end, then judges.</summary>
        public void Finish()
        {
            foreach (var player in _players)
            {
                if (player.Client.Sink.Mode == SinkMode.Blocking) player.Client.Sink.Mode = SinkMode.Synchronous;
                if (player.Client.Sink.IsWriting) player.Client.Sink.Release();
            }

            Run();
            var alive = new int[Topics];
            foreach (var player in _players) Judge(player, alive);
            for (var i = 0; i < Topics; i++) Assert.Equal(alive[i], _channels[i].SubscribersOf(0).Count);
            Assert.Equal(0, _rig.Worker.Backlog);
        }

        public void Dispose() => _rig.Dispose();

        private void Publish(int topic, long step)
        {
            var channel = _channels[topic];
            var have = channel.Position;
            var next = new Position(_epochs[topic], have.Epoch == _epochs[topic] ? have.Offset + step : step);
            channel.Publish(new Frame(next, State(next.Epoch, next.Offset), 0, 1), 0, Accept.Hole);
        }

        private void Join(int place, int topic, int number)
        {
            if (_places[place] is not { } player || player.Client.Connection.Ended.IsCompleted)
            {
                var format = (number % 3) switch { 0 => WireFormat.WebSocket, 1 => WireFormat.SseMany, _ => WireFormat.Sse };
                player = new Player(_rig.Connect(new View(format, deltas: number % 2 == 0, FieldsOf(number), number % 7 < 4 ? new Compressor(number * 10) : null, continues: number % 7 > 1)), new Transcript?[Topics], new Task<bool>?[Topics], new Position?[Topics]);
                _places[place] = player;
                _players.Add(player);
            }

            if (player.Transcripts[topic] is not null) return;
            var channel = _channels[topic];
            var transcript = new Transcript(channel.Topic, channel.Delivery);
            player.Transcripts[topic] = transcript;
            var after = PlaceToResume(channel, number);
            if (after is { Offset: > 0 } known)
            {
                // What it was shown on an earlier connection.
                transcript.Begin(resumed: false, patches: false);
                transcript.Take(ClientEnvelopeAt(channel.Name, known, player.Client.Connection.View));
            }

            transcript.Begin(resumed: after is { Offset: > 0 }, player.Client.Connection.View.Deltas);
            player.Places[topic] = after;
            player.Attached[topic] = player.Client.Attach(channel, after);
        }

        /// <summary>A round, and what sessions do after it: who asked for a place that is no longer there starts over.</summary>
        private bool Round()
        {
            Assert.True(_rig.Worker.Round());
            foreach (var player in _players)
            {
                for (var i = 0; i < Topics; i++)
                {
                    if (player.Attached[i] is { IsCompleted: true } attached && !A.Now(attached)) player.Attached[i] = player.Client.Attach(_channels[i], player.Places[i], startsOver: true);
                }
            }

            return _rig.Worker.Backlog > 0;
        }

        private void Run()
        {
            while (Round())
            {
            }
        }

        private static Position? PlaceToResume(TopicChannel channel, int number)
        {
            var now = channel.Position;
            return (number % 5) switch
            {
                0 or 1 => null,
                2 => now, // may be offset 0
                3 when now.Offset > 1 => new Position(now.Epoch, Math.Max(1, now.Offset - number)),
                4 => new Position(now.Epoch + 1000, number + 1), // an epoch that nobody knows any more
                _ => null,
            };
        }

        private void Judge(Player player, int[] alive)
        {
            var client = player.Client;
            client.Sink.AssertAwaited();
            var known = new List<Transcript>();
            foreach (var transcript in player.Transcripts)
            {
                if (transcript is not null) known.Add(transcript);
            }

            client.Judge([.. known]);
            Assert.True(client.Received.FindAll(got => got.Name == "close").Count <= 1);
            if (client.Connection.Ended.IsCompleted)
            {
                Assert.False(player.IsWithoutFault && !client.Received.Exists(got => got.Text.StartsWith("4002", StringComparison.Ordinal)), "a client that took everything at once was closed: " + string.Join(", ", client.Received.ConvertAll(got => got.Name == "change" ? "" : got.Text)));
                Assert.Empty(client.Connection.Subscribers);
                return;
            }

            for (var i = 0; i < Topics; i++)
            {
                if (player.Transcripts[i] is not { } transcript) continue;
                Assert.True(A.Now(player.Attached[i]!), "a client that is still there was not joined");
                alive[i]++;
                if (_channels[i].Newest is not { } newest) continue;
                var expected = Seen(newest.Frame, client.Connection.View);
                Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected.State.Span), transcript.State), $"{transcript.State!.ToJsonString()} is not the state at {newest.Frame.Position}");
                // Values that change none of the chosen fields are left out.
                if (client.Connection.View.Fields is null || _channels[i].Delivery == Delivery.Every) Assert.Equal(newest.Frame.Position, transcript.Position);
                AssertFreshness(client, i);
            }
        }

        /// <summary>Stale and fresh take turns, beginning with stale, and the last word is how things stand.</summary>
        private void AssertFreshness(FakeClient client, int topic)
        {
            var stale = false;
            foreach (var got in client.Received)
            {
                if (got.Name is not ("stale" or "fresh") || !got.Text.Contains(_channels[topic].Name, StringComparison.Ordinal)) continue;
                Assert.NotEqual(stale, got.Name == "stale");
                stale = !stale;
            }

            Assert.Equal(_channels[topic].IsStale, stale);
        }

        /// <summary>A state in which each change adds a name and deletes one: a patch that meets another state than it was made for leaves a trace.</summary>
        private static byte[] State(ulong epoch, long offset) => System.Text.Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $$"""{"epoch":{{epoch}},"fixed":"{{new string('x', 60)}}","k{{offset - 2}}":1,"k{{offset - 1}}":1,"k{{offset}}":1}"""));

        /// <summary>All fields, or some: of those that change often, seldom, never, or are not there.</summary>
        private static FieldSet? FieldsOf(int number)
        {
            string?[] choices = [null, null, null, "epoch,fixed", "k3,k4,k5,k20", "fixed,k2,k7,nothing", "epoch,k9,k10,k11,k12,k13"];
            return choices[number % choices.Length] is { } names && FieldSet.TryParse(names, out var fields, out _) ? fields : null;
        }

        private static Frame Seen(Frame frame, View view) => view.Fields?.Filter(frame) ?? frame;

        private static E2EEvents.Testing.Clients.ReceivedEnvelope ClientEnvelopeAt(string topic, Position at, View view) => E2EEvents.Testing.Clients.ReceivedEnvelope.Parse(System.Text.Encoding.UTF8.GetString(
            E2EEvents.Grains.Interfaces.Wire.Envelope.EncodeState(WireFormat.Json, topic, Seen(new Frame(at, State(at.Epoch, at.Offset), 0, 1), view), default)));
    }

    private sealed record Player(FakeClient Client, Transcript?[] Transcripts, Task<bool>?[] Attached, Position?[] Places)
    {
        public bool IsWithoutFault { get; set; } = true;
    }
}
