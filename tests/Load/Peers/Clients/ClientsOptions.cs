using System.Globalization;
using E2EEvents.Load.Peers.Servers;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>Options of the role <c>peer-clients</c>, which the mode writes and the role reads.</summary>
internal sealed class ClientsOptions
{
    /// <summary>Kind of our gateway's topics.</summary>
    private const string Kind = "load";

    public required string Peer { get; init; }

    public required Uri Url { get; init; }

    public required int FeedPort { get; init; }

    public required string[] TopicNames { get; init; }

    public required int TopicsPerSubscriber { get; init; }

    public required double Rate { get; init; }

    public required bool Bursts { get; init; }

    public required int Bytes { get; init; }

    /// <summary>Updates under way in a closed loop; 0 = open.</summary>
    public required int Ahead { get; init; }

    /// <summary>Number of the first subscriber of this process.</summary>
    public required int First { get; init; }

    /// <summary>From one to the next: the number of processes.</summary>
    public required int Step { get; init; }

    public required int Addresses { get; init; }

    /// <summary>The words for one process.</summary>
    public static string[] Write(PeersOptions options, PeerKind kind, IPeer peer, int process) =>
    [
        "peer-clients", "--peer", kind.Name, "--url", peer.Url.ToString().TrimEnd('/'), "--feed-port", Text(peer.FeedPort),
        "--topics", Text(options.Topics), "--topics-per-subscriber", Text(options.TopicsPerSubscriber),
        "--rate", options.Rate.ToString(CultureInfo.InvariantCulture), "--bursts", options.Shape == Shape.Bursts ? "yes" : "no", "--bytes", Text(options.Bytes),
        "--ahead", Text(options.Shape == Shape.Closed && process == 0 ? options.Ahead : 0), "--first", Text(process), "--step", Text(options.Processes),
        "--addresses", Text(options.Addresses),
    ];

    /// <summary>Reads them; writes all errors and returns null if there are any.</summary>
    public static ClientsOptions? Read(IReadOnlyList<string> words, TextWriter errors)
    {
        var arguments = new Arguments(words);
        var peer = arguments.OneOf("peer", PeerKind.Gateway, PeerKind.Names);
        var topics = arguments.Whole("topics", 1, 1, 1000);
        var options = new ClientsOptions
        {
            Peer = peer,
            Url = new Uri(arguments.Text("url", "http://127.0.0.1:8080")),
            FeedPort = arguments.Whole("feed-port", 0, 0, 65535),
            TopicNames = NamesOf(peer, topics),
            TopicsPerSubscriber = arguments.Whole("topics-per-subscriber", 1, 1, 50),
            Rate = arguments.Number("rate", 20, 0.001, 100_000),
            Bursts = arguments.OneOf("bursts", "no", "no", "yes") == "yes",
            Bytes = arguments.Whole("bytes", 256, Update.MinBytes, 60_000),
            Ahead = arguments.Whole("ahead", 0, 0, 200),
            First = arguments.Whole("first", 0, 0, 1000),
            Step = arguments.Whole("step", 1, 1, 1000),
            Addresses = arguments.Whole("addresses", 4, 1, 200),
        };
        foreach (var error in arguments.Errors) errors.WriteLine(error);
        return arguments.Errors.Count == 0 ? options : null;
    }

    private static string[] NamesOf(string peer, int topics)
    {
        if (peer == PeerKind.Gateway) return FakeRegion.TopicNames(Kind, topics);
        var names = new string[topics];
        for (var i = 0; i < topics; i++) names[i] = $"t{i}";
        return names;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
