using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using E2EEvents.Testing.Clients;
using E2EEvents.Torture.Load;

namespace E2EEvents.Torture.Checking;

/// <summary>
/// The same checker on anybody's running deployment, read-only: follows topics on every transport for a while and checks that each client gets what
/// is promised, and that all clients are shown the same state at the same position.
/// </summary>
internal static class Deployment
{
    private const int MaxTopics = 50;
    private static readonly TimeSpan FirstTopics = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(30);

    public static async Task<Verdict> CheckAsync(TortureOptions options, CancellationToken cancellationToken)
    {
        var gateway = options.CheckUri!;
        var verdict = new Verdict { Minutes = options.Minutes, Seed = options.Seed, Clients = options.Clients };
        using var http = new HttpClient { BaseAddress = gateway, Timeout = TimeSpan.FromSeconds(15) };
        var topics = await TopicsAsync(http, options.Topics, cancellationToken);
        for (var asked = TimeProvider.System.GetTimestamp(); topics.Count == 0; topics = await TopicsAsync(http, options.Topics, cancellationToken))
        {
            if (TimeProvider.System.GetElapsedTime(asked) > FirstTopics) throw new InvalidOperationException($"{gateway} has no topics; name some with --topic.");
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancellationToken); // a deployment that has just begun has none yet
        }

        Console.WriteLine($"== following {topics.Count} topics of {gateway} with {options.Clients} clients for {options.Minutes} minutes");
        var seen = new SeenStates();
        var clients = new List<(ResumingClient Client, List<Transcript> Topics)>();
        for (var i = 0; i < options.Clients; i++) clients.Add(StartClient(i, gateway, topics, seen));
        try
        {
            await Task.Delay(TimeSpan.FromMinutes(options.Minutes), TimeProvider.System, cancellationToken);
            await AgreeAsync(http, clients, verdict, cancellationToken);
        }
        finally
        {
            foreach (var (client, _) in clients) await DisposeAsync(client);
        }

        foreach (var (client, transcripts) in clients)
        {
            verdict.Reconnects += Math.Max(0, client.Connections - 1);
            foreach (var transcript in transcripts) verdict.Add(transcript, null);
        }

        verdict.Events = seen.Count;
        return verdict;
    }

    private static (ResumingClient Client, List<Transcript> Topics) StartClient(int i, Uri gateway, List<(string Name, Delivery Delivery)> topics, SeenStates seen)
    {
        var followed = i % 3 == 2 ? [topics[i / 3 % topics.Count]] : topics;
        var transcripts = followed.ConvertAll(topic => new Transcript(topic.Name, topic.Delivery) { Judge = (envelope, state) => seen.Judge(envelope, state) });
        var options = new StreamOptions { Patches = i % 2 == 0 };
        var client = ResumingClient.Start(async token => (i % 3) switch
        {
            0 => await WsClient.ConnectAsync(gateway, transcripts, token, options),
            1 => await SseClient.ConnectAsync(gateway, transcripts, token, options),
            _ => LongPollClient.Start(gateway, transcripts[0]),
        });
        return (client, transcripts);
    }

    private static async Task<List<(string Name, Delivery Delivery)>> TopicsAsync(HttpClient http, IReadOnlyList<string> wanted, CancellationToken cancellationToken)
    {
        var found = new List<(string, Delivery)>();
        var kinds = await http.GetFromJsonAsync<JsonObject>("kinds", cancellationToken);
        foreach (var kind in kinds!["kinds"]!.AsArray())
        {
            var name = (string)kind!["kind"]!;
            var delivery = Enum.Parse<Delivery>((string)kind["delivery"]!, ignoreCase: true);
            if (wanted.Count > 0)
            {
                foreach (var topic in wanted)
                {
                    if (topic.StartsWith(name + "/", StringComparison.Ordinal)) found.Add((topic, delivery));
                }

                continue;
            }

            var list = await http.GetFromJsonAsync<JsonObject>("topics/" + name, cancellationToken);
            foreach (var topic in list!["topics"]!.AsArray())
            {
                if (found.Count < MaxTopics) found.Add(((string)topic!["topic"]!, delivery));
            }
        }

        return found;
    }

    /// <summary>Clients that followed all along stand where the topic now is, once it holds still for a moment; a busy one may always be a little ahead.</summary>
    private static async Task AgreeAsync(HttpClient http, List<(ResumingClient Client, List<Transcript> Topics)> clients, Verdict verdict, CancellationToken cancellationToken)
    {
        foreach (var (client, transcripts) in clients)
        {
            foreach (var transcript in transcripts)
            {
                var now = await http.GetFromJsonAsync<JsonObject>("topics/" + transcript.Topic, cancellationToken);
                try
                {
                    await transcript.ReachesAsync((long)now!["offset"]!, Settling);
                }
                catch (Xunit.Sdk.XunitException e) when (transcript.Breach is null)
                {
                    verdict.Add(new Flaw(FlawKind.Lost, $"{e.Message} ({client.LastEnd})"));
                }
                catch (Xunit.Sdk.XunitException)
                {
                    // Counted with its breach.
                }
            }
        }
    }

    private static async Task DisposeAsync(ResumingClient client)
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

    /// <summary>The state that was shown at each position, by whichever client came first.</summary>
    private sealed class SeenStates
    {
        private const int MaxStates = 1_000_000;
        private readonly ConcurrentDictionary<(string Topic, Position At), int> _states = new();

        /// <summary>Changes seen.</summary>
        public int Count => _states.Count;

        public string? Judge(ReceivedEnvelope envelope, JsonObject state)
        {
            if (_states.Count >= MaxStates) return null;
            var hash = HashOf(state);
            return _states.GetOrAdd((envelope.Topic, envelope.Position), hash) == hash ? null : $"{envelope.Topic}: clients were shown two different states at {envelope.Position}.";
        }

        /// <summary>The same whatever the order of members: patches may change it.</summary>
        private static int HashOf(JsonNode? node)
        {
            switch (node)
            {
                case JsonObject members:
                    var sum = 17;
                    foreach (var (name, value) in members) sum += HashCode.Combine(name, HashOf(value));
                    return sum;
                case JsonArray items:
                    var hash = new HashCode();
                    foreach (var item in items) hash.Add(HashOf(item));
                    return hash.ToHashCode();
                default:
                    return node?.ToJsonString().GetHashCode(StringComparison.Ordinal) ?? 0;
            }
        }
    }
}
