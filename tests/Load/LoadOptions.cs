using System.Globalization;

namespace E2EEvents.Load;

/// <summary>Options of all roles and modes; README.md tells what each means and which a mode looks at.</summary>
internal sealed class LoadOptions
{
    public required string[] Transports { get; init; }

    public required int Connections { get; init; }

    /// <summary>Connections of one client process; beyond that there are several.</summary>
    public required int PerProcess { get; init; }

    public required int Topics { get; init; }

    public required int TopicsPerConnection { get; init; }

    /// <summary>Updates a second and topic.</summary>
    public required double Rate { get; init; }

    /// <summary>Length of a state, bytes.</summary>
    public required int Bytes { get; init; }

    public required Delivery Delivery { get; init; }

    /// <summary>gateway, region or a URL.</summary>
    public required string Server { get; init; }

    /// <summary>Processes of the server, if it is a URL.</summary>
    public required int[] ProcessIds { get; init; }

    /// <summary>Topics to take, if the server is a URL.</summary>
    public required string[] TopicNames { get; init; }

    public required TimeSpan Warmup { get; init; }

    public required TimeSpan Window { get; init; }

    public required TimeSpan Settle { get; init; }

    /// <summary>Connections opened a second, except in a storm.</summary>
    public required double ConnectRate { get; init; }

    public required int Threads { get; init; }

    public required int Addresses { get; init; }

    /// <summary>Part of the connections that never read, 0 to 0.9.</summary>
    public required double Share { get; init; }

    public required TimeSpan PollEvery { get; init; }

    public required string Query { get; init; }

    public required string Pin { get; init; }

    public required int Port { get; init; }

    /// <summary>Port on which a server role takes updates of a publisher; 0 = a gateway makes them itself.</summary>
    public required int FeedPort { get; init; }

    /// <summary>host:port, for the role publish.</summary>
    public required string Redis { get; init; }

    /// <summary>Redis stream, for the role publish.</summary>
    public required string Stream { get; init; }

    /// <summary>Cores of the servers as taskset reads them; null = not pinned.</summary>
    public string? ServerCores => Pin == "none" ? null : Pin.Split(':')[0];

    /// <summary>Cores of the driver and of a publisher; null = not pinned.</summary>
    public string? LoadCores => Pin == "none" ? null : Pin.Split(':')[1];

    /// <summary>True = Redis syncs its file before each answer.</summary>
    public required bool SyncAlways { get; init; }

    /// <summary>Kind of the topics that a gateway's own source makes.</summary>
    public required string Kind { get; init; }

    /// <summary>Between regions, each way.</summary>
    public required TimeSpan Distance { get; init; }

    /// <summary>How long the link between regions is stalled at the end; 0 = not.</summary>
    public required TimeSpan Stall { get; init; }

    /// <summary>Bytes a second that still pass while it is stalled.</summary>
    public required int StallRate { get; init; }

    /// <summary>Redis or Memory: where the silo of a region keeps topics.</summary>
    public required string Streams { get; init; }

    /// <summary>The options that a source needs, for another role.</summary>
    public IReadOnlyList<string> SourceWords =>
    [
        "--topics", Topics.ToString(CultureInfo.InvariantCulture), "--rate", Rate.ToString(CultureInfo.InvariantCulture),
        "--bytes", Bytes.ToString(CultureInfo.InvariantCulture), "--delivery", Delivery == Delivery.Every ? "every" : "latest",
    ];

    /// <summary>Reads the options; writes all errors and returns null if there are any.</summary>
    public static LoadOptions? Read(IReadOnlyList<string> words, TextWriter errors)
    {
        var arguments = new Arguments(words);
        var pin = arguments.Text("pin", Environment.ProcessorCount > 1 ? "0:1" : "none");
        var options = new LoadOptions
        {
            Transports = arguments.OneOf("transport", "websocket", "websocket", "sse", "longpoll", "poll").Split(','),
            Connections = arguments.Whole("connections", 1000, 1, 1_000_000),
            PerProcess = arguments.Whole("per-process", 19_000, 1, 1_000_000),
            Topics = arguments.Whole("topics", 1, 1, 100_000),
            TopicsPerConnection = arguments.Whole("topics-per-connection", 1, 1, 50),
            Rate = arguments.Number("rate", 20, 0.001, 100_000),
            Bytes = arguments.Whole("bytes", 256, 64, 1 << 20),
            Delivery = arguments.OneOf("delivery", "every", "every", "latest") == "every" ? Delivery.Every : Delivery.Latest,
            Server = arguments.Text("server", "gateway"),
            ProcessIds = Array.ConvertAll(List(arguments.Text("pid", "")), text => int.TryParse(text, out var id) ? id : 0),
            TopicNames = List(arguments.Text("topic", "")),
            Warmup = arguments.Seconds("warmup", 3, 0, 600),
            Window = arguments.Seconds("seconds", 15, 1, 3600),
            Settle = arguments.Seconds("settle", 8, 0, 600),
            ConnectRate = arguments.Number("connect-rate", 1000, 1, 100_000),
            Threads = arguments.Whole("threads", 1, 1, 64),
            Addresses = arguments.Whole("addresses", 4, 1, 200),
            Share = arguments.Number("share", 0.05, 0, 0.9),
            PollEvery = arguments.Seconds("poll-interval", 1, 0.01, 600),
            Query = arguments.Text("query", ""),
            Pin = pin,
            Port = arguments.Whole("port", 0, 0, 65535),
            FeedPort = arguments.Whole("feed-port", 0, 0, 65535),
            Redis = arguments.Text("redis", ""),
            Stream = arguments.Text("stream", "load"),
            SyncAlways = arguments.OneOf("fsync", "everysec", "everysec", "always") == "always",
            Kind = arguments.Text("kind", "load"),
            Distance = TimeSpan.FromMilliseconds(arguments.Number("distance", 40, 0, 1000)),
            Stall = arguments.Seconds("stall", 0, 0, 600),
            StallRate = arguments.Whole("stall-rate", 0, 0, 1 << 30),
            Streams = arguments.OneOf("streams", "redis", "redis", "memory"),
        };
        var found = new List<string>(arguments.Errors);
        if (pin != "none" && pin.Split(':').Length != 2) found.Add($"--pin is '{pin}'; write server cores:load cores as taskset reads them, such as 0:1, or none.");
        if (options.IsRunningServer && options.TopicNames.Length == 0) found.Add("--server is a URL: name the topics to take with --topic kind/key,kind/key.");
        if (!options.IsRunningServer && options.Server is not ("gateway" or "region")) found.Add($"--server is '{options.Server}'; it must be gateway, region or http://127.0.0.1:port.");
        if (Array.IndexOf(options.ProcessIds, 0) >= 0) found.Add("--pid takes process ids joined by commas.");
        foreach (var error in found) errors.WriteLine(error);
        return found.Count == 0 ? options : null;
    }

    public bool IsRunningServer => Server.StartsWith("http://", StringComparison.Ordinal);

    private static string[] List(string text) => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
