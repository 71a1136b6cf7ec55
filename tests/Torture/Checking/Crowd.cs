using E2EEvents.Testing.Clients;
using E2EEvents.Torture.Load;

namespace E2EEvents.Torture.Checking;

/// <summary>Clients of every kind, each following all topics and choosing a gateway anew with each connection.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private static readonly StreamOptions Patches = new() { Patches = true };
    private readonly List<(ResumingClient Client, IReadOnlyList<Watched> Topics)> _clients = [];

    public Crowd(IReadOnlyList<Uri> gateways, IReadOnlyList<Ledger> topics, int clients, int seed)
    {
        for (var i = 0; i < clients; i++)
        {
            var random = new Random(seed + i);
            Uri Gateway()
            {
                lock (random) return gateways[random.Next(gateways.Count)];
            }

            // A long poll and a stream of one topic follow one topic each; the others all.
            var isSingle = i % 6 is 4 or 5;
            var watched = (isSingle ? [topics[i / 6 % topics.Count]] : new List<Ledger>(topics)).ConvertAll(topic => new Watched(topic));
            var transcripts = watched.ConvertAll(topic => topic.Transcript);
            _clients.Add((Start(i, Gateway, transcripts), watched));
        }
    }

    public int Count => _clients.Count;

    /// <summary>Waits until each client holds the last state of each topic.</summary>
    public async Task ReachEndAsync(TimeSpan deadline, Verdict verdict)
    {
        var started = TimeProvider.System.GetTimestamp();
        foreach (var (client, topics) in _clients)
        {
            foreach (var topic in topics)
            {
                var left = deadline - TimeProvider.System.GetElapsedTime(started);
                if (await topic.ReachesEndAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero)) continue;
                if (topic.Transcript.Breach is null) verdict.Add(new Flaw(FlawKind.Lost, $"A client of {topic.Ledger.Topic} stands at {topic.Transcript.Position} of {topic.Ledger.Count} ({client.LastEnd})."));
            }
        }
    }

    public void Judge(Verdict verdict)
    {
        verdict.Clients += _clients.Count;
        foreach (var (client, topics) in _clients)
        {
            verdict.Reconnects += Math.Max(0, client.Connections - 1);
            foreach (var topic in topics) verdict.Add(topic.Transcript, topic.Flaw);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (client, _) in _clients)
        {
            try
            {
                await client.DisposeAsync();
            }
            catch (Xunit.Sdk.XunitException)
            {
                // The breach is in the verdict.
            }
        }
    }

    private static ResumingClient Start(int i, Func<Uri> gateway, List<Transcript> topics) => ResumingClient.Start(async token => (i % 6) switch
    {
        0 => await WsClient.ConnectAsync(gateway(), topics, token, Patches),
        1 => await SseClient.ConnectAsync(gateway(), topics, token),
        2 => await WsClient.ConnectAsync(gateway(), topics, token),
        3 => await SseClient.ConnectAsync(gateway(), topics, token, Patches),
        4 => LongPollClient.Start(gateway(), topics[0]),
        _ => await SseClient.ConnectAsync(gateway(), topics, token, Patches),
    });
}

/// <summary>One topic as one client sees it.</summary>
internal sealed class Watched
{
    private static readonly TimeSpan Never = TimeSpan.FromMilliseconds(1);

    public Watched(Ledger ledger)
    {
        Ledger = ledger;
        Transcript = new Transcript(ledger.Topic, ledger.Delivery)
        {
            Judge = (envelope, state) =>
            {
                Flaw ??= ledger.Judge(envelope.Position.Offset, state);
                return Flaw?.What;
            },
        };
    }

    public Ledger Ledger { get; }

    public Transcript Transcript { get; }

    /// <summary>The first state that is not the replay's.</summary>
    public Flaw? Flaw { get; private set; }

    public async Task<bool> ReachesEndAsync(TimeSpan deadline)
    {
        try
        {
            await Transcript.ReachesAsync(Ledger.Count, deadline > Never ? deadline : Never);
            return true;
        }
        catch (Xunit.Sdk.XunitException)
        {
            return false;
        }
    }
}
