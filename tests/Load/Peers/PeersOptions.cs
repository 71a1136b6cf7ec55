using E2EEvents.Load.Peers.Clients;
using E2EEvents.Load.Peers.Servers;

namespace E2EEvents.Load.Peers;

/// <summary>What load is put on the servers.</summary>
internal enum Shape
{
    /// <summary>Updates by a timetable, the topics spread over the interval.</summary>
    Steady,

    /// <summary>By a timetable, all topics at once.</summary>
    Bursts,

    /// <summary>The next as soon as subscribers have got the last ones: how much a server can do.</summary>
    Closed,

    /// <summary>Subscribers and no updates.</summary>
    Idle,
}

/// <summary>Options of the mode <c>peers</c>; README.md tells what each means.</summary>
internal sealed class PeersOptions
{
    public required Shape Shape { get; init; }

    public required string[] Peers { get; init; }

    /// <summary>Settings of our gateway, each a further line of the table.</summary>
    public required List<Dictionary<string, string>> ServerSettings { get; init; }

    public required int Subscribers { get; init; }

    public required int Topics { get; init; }

    public required int TopicsPerSubscriber { get; init; }

    /// <summary>Updates a second and topic; of bursts, bursts a second.</summary>
    public required double Rate { get; init; }

    /// <summary>Length of an update.</summary>
    public required int Bytes { get; init; }

    /// <summary>Updates under way in the closed loop.</summary>
    public required int Ahead { get; init; }

    public required int Rounds { get; init; }

    public required TimeSpan Warmup { get; init; }

    public required TimeSpan Window { get; init; }

    public required TimeSpan Settle { get; init; }

    public required double ConnectRate { get; init; }

    /// <summary>Source addresses 127.0.0.2 and up.</summary>
    public required int Addresses { get; init; }

    /// <summary>Connections of one client process.</summary>
    public required int PerProcess { get; init; }

    public required string Pin { get; init; }

    /// <summary>Cores of the servers as taskset reads them; null = not pinned.</summary>
    public string? ServerCores => Pin == "none" ? null : Pin.Split(':')[0];

    /// <summary>Cores of the client processes; null = not pinned.</summary>
    public string? LoadCores => Pin == "none" ? null : Pin.Split(':')[1];

    /// <summary>Client processes.</summary>
    public int Processes => (Subscribers + PerProcess - 1) / PerProcess;

    /// <summary>Reads the options; writes all errors and returns null if there are any.</summary>
    public static PeersOptions? Read(IReadOnlyList<string> words, TextWriter errors)
    {
        var arguments = new Arguments(words);
        var shape = Enum.Parse<Shape>(arguments.OneOf("shape", "steady", "steady", "bursts", "closed", "idle").Split(',')[0], ignoreCase: true);
        var bursts = shape == Shape.Bursts;
        var topics = arguments.Whole("topics", bursts ? 50 : 1, 1, 1000);
        var found = new List<string>();
        var options = new PeersOptions
        {
            Shape = shape,
            Peers = arguments.OneOf("peers", string.Join(',', PeerKind.Names), PeerKind.Names).Split(','),
            ServerSettings = ReadSettings(arguments.Text("server-arg", ""), found),
            Subscribers = arguments.Whole("subscribers", bursts ? 200 : 1000, 1, 1_000_000),
            Topics = topics,
            TopicsPerSubscriber = Math.Min(topics, arguments.Whole("topics-per-subscriber", bursts ? 50 : 1, 1, 50)),
            Rate = arguments.Number("rate", bursts ? 5 : 20, 0.001, 100_000),
            Bytes = arguments.Whole("bytes", 256, Update.MinBytes, 60_000),
            Ahead = arguments.Whole("ahead", 4, 1, 200),
            Rounds = arguments.Whole("rounds", 3, 1, 100),
            Warmup = arguments.Seconds("warmup", 15, 0, 600),
            Window = arguments.Seconds("seconds", 10, 1, 3600),
            Settle = arguments.Seconds("settle", 5, 0, 600),
            ConnectRate = arguments.Number("connect-rate", 2000, 1, 100_000),
            Addresses = arguments.Whole("addresses", 4, 1, 200),
            PerProcess = arguments.Whole("per-process", 19_000, 1, 1_000_000),
            Pin = arguments.Text("pin", Environment.ProcessorCount > 1 ? "0:1" : "none"),
        };
        found.AddRange(arguments.Errors);
        if (options.Pin != "none" && options.Pin.Split(':').Length != 2) found.Add($"--pin is '{options.Pin}'; write server cores:load cores as taskset reads them, such as 0:1, or none.");
        if (shape == Shape.Closed && topics > 1) found.Add("--shape closed has one topic.");
        foreach (var error in found) errors.WriteLine(error);
        return found.Count == 0 ? options : null;
    }

    /// <summary><c>A:B=1,C:D=2;E:F=3</c>: two sets.</summary>
    private static List<Dictionary<string, string>> ReadSettings(string text, List<string> errors)
    {
        var sets = new List<Dictionary<string, string>>();
        foreach (var set in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var settings = new Dictionary<string, string>();
            foreach (var pair in set.Split(','))
            {
                if (pair.Split('=', 2) is [var key, var value]) settings[key.Trim()] = value.Trim();
                else errors.Add($"--server-arg holds '{pair}'; write Key:Of:Setting=value, several joined by commas, several lines of the table by semicolons.");
            }

            sets.Add(settings);
        }

        return sets;
    }
}
