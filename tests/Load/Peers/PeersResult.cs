using E2EEvents.Load.Measuring;

namespace E2EEvents.Load.Peers;

/// <summary>One turn of one server. Members that a shape does not measure are absent.</summary>
internal sealed record TurnResult
{
    /// <summary>Above it a turn is called disturbed.</summary>
    public const double MostOthersPercent = 15;

    /// <summary>Why there are no figures; null = there are.</summary>
    public string? Failed { get; init; }

    /// <summary>User and system CPU of the server, µs.</summary>
    public double? CpuPerDelivery { get; init; }

    public double? DeliveriesPerSecond { get; init; }

    /// <summary>With framing.</summary>
    public double? BytesPerDelivery { get; init; }

    /// <summary>From when an update was due to its arrival.</summary>
    public Latency? Latency { get; init; }

    /// <summary>From connect to subscribed.</summary>
    public Latency? Joining { get; init; }

    /// <summary>Server CPU per connection made and subscribed, µs.</summary>
    public double? CpuPerConnect { get; init; }

    /// <summary>Growth of the server's memory per subscriber.</summary>
    public double? KiBPerConnection { get; init; }

    /// <summary>Memory of the server.</summary>
    public double? ResidentMiB { get; init; }

    /// <summary>Of one core: the server.</summary>
    public double? ServerPercent { get; init; }

    /// <summary>Of one core: the client processes; near 100 their own delay is in the latencies.</summary>
    public double? LoadPercent { get; init; }

    /// <summary>Of one core: everything else on the machine; above some 10 the turn says little.</summary>
    public double? OthersPercent { get; init; }

    /// <summary>Most that an update left the publisher late.</summary>
    public double? LatestMs { get; init; }

    /// <summary>Times that the closed loop stood still.</summary>
    public int? Stalls { get; init; }

    /// <summary>Topics of subscribers that never got the last update.</summary>
    public int? Missing { get; init; }

    /// <summary>Updates skipped, repeated or unreadable.</summary>
    public long Broken { get; init; }

    /// <summary>Subscribers lost, by reason.</summary>
    public IReadOnlyDictionary<string, int> Losses { get; init; } = new Dictionary<string, int>();

    /// <summary>Nothing else used the machine to speak of: only then the figures say something.</summary>
    public bool IsQuiet => (OthersPercent ?? 0) <= MostOthersPercent;

    /// <summary>Everybody got everything, once and in order.</summary>
    public bool IsWhole => Failed is null && Broken == 0 && (Missing ?? 0) == 0 && Losses.Count == 0;
}

/// <summary>A line of the table: all turns of a server and the medians of their figures.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="Median">Of the turns that have figures; null = none has.</param>
/// <param name="Turns">In the order of the rounds.</param>
internal sealed record PeerResult(string Name, TurnResult? Median, IReadOnlyList<TurnResult> Turns)
{
    public bool IsWhole
    {
        get
        {
            foreach (var turn in Turns)
            {
                if (!turn.IsWhole) return false;
            }

            return Turns.Count > 0;
        }
    }
}

/// <summary>One of our lines over another one: below 1 ours is less.</summary>
internal sealed record Ratio(string Ours, string Peer, double? CpuPerDelivery, double? P50, double? P99, double? DeliveriesPerSecond, double? KiBPerConnection, double? CpuPerConnect);

/// <summary>A whole run: the line of JSON.</summary>
internal sealed record PeersResult
{
    public string Mode { get; } = "peers";

    public required string Shape { get; init; }

    public required int Subscribers { get; init; }

    public required int Topics { get; init; }

    public required int TopicsPerSubscriber { get; init; }

    /// <summary>Null in a closed loop.</summary>
    public required double? Rate { get; init; }

    public required int Bytes { get; init; }

    public required int Rounds { get; init; }

    public required double Seconds { get; init; }

    public required string Pin { get; init; }

    /// <summary>Deliveries a second that the timetable asks for; null without one.</summary>
    public required double? DueDeliveriesPerSecond { get; init; }

    public required IReadOnlyList<PeerResult> Peers { get; init; }

    public required IReadOnlyList<Ratio> Ratios { get; init; }

    /// <summary>Not measured, and why.</summary>
    public required IReadOnlyDictionary<string, string> Skipped { get; init; }

    public Machine Machine { get; } = Machine.This;

    /// <summary>Every turn of ours was whole. Those of the others are reported, not judged.</summary>
    public required bool Passed { get; init; }
}
