using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Measuring;

/// <summary>A run of the mode <c>regions</c>: the line of JSON.</summary>
internal sealed record RegionsResult
{
    public string Mode { get; } = "regions";

    /// <summary>What home is: a gateway with a source inside, or a whole region.</summary>
    public required string Server { get; init; }

    public required string Delivery { get; init; }

    public required int Topics { get; init; }

    public required int TopicsPerConnection { get; init; }

    /// <summary>Updates a second and topic.</summary>
    public required double Rate { get; init; }

    public required int Bytes { get; init; }

    /// <summary>One way, ms.</summary>
    public required double DistanceMs { get; init; }

    /// <summary>Over the WAN, both ways, before the source began.</summary>
    public required double IdleBytesPerSecond { get; init; }

    /// <summary>Share of one core that each process used before the source began, %; contained in the others.</summary>
    public required Dictionary<string, double> IdleCpuPercentOf { get; init; }

    /// <summary>The link with one subscriber of each topic at the edge, then with many.</summary>
    public required List<RegionsWindow> Windows { get; init; }

    public StallReport? Stall { get; init; }

    public required SourceReport Source { get; init; }

    public required LawReport Laws { get; init; }

    public Machine Machine { get; } = Machine.This;

    public required bool Passed { get; init; }
}

/// <summary>One window.</summary>
internal sealed record RegionsWindow
{
    public required int Connections { get; init; }

    public required int SubscribersAtEdge { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Of all topics in the window, by the timetable.</summary>
    public required long Updates { get; init; }

    /// <summary>Envelopes that arrived at the edge's clients.</summary>
    public required long Deliveries { get; init; }

    /// <summary>Commit at home to arrival at home's clients, ms.</summary>
    public Latency? Home { get; init; }

    /// <summary>Commit at home to arrival at the edge's clients, ms.</summary>
    public Latency? Edge { get; init; }

    /// <summary>What the edge's clients wait longer than home's, ms.</summary>
    public double? AddedP50 { get; init; }

    /// <inheritdoc cref="AddedP50"/>
    public double? AddedP99 { get; init; }

    /// <summary>From when the source was due to write to arrival at the edge's clients, ms.</summary>
    public Latency? EdgeFromOrigin { get; init; }

    /// <summary>µs.</summary>
    public required Dictionary<string, double> CpuPerUpdateOf { get; init; }

    /// <summary>From home to the edge, TLS and WebSocket included.</summary>
    public required double WanBytesPerUpdate { get; init; }

    /// <summary>From the edge to home.</summary>
    public required double WanBytesPerUpdateUp { get; init; }

    public required Dictionary<string, double> ResidentMiBOf { get; init; }

    public required double DriverCpuPercent { get; init; }

    /// <summary>All else on the machine: the proxy that makes the distance, a publisher, Redis.</summary>
    public required double OthersCpuPercent { get; init; }
}

/// <summary>What a stall of the link did.</summary>
/// <param name="Seconds">Its length.</param>
/// <param name="BytesPerSecond">What still passed; 0 = nothing.</param>
/// <param name="HomeGatewayMiB">Resident memory of home's gateway each second, from just before the stall.</param>
/// <param name="FirstAfterMs">From heal to the first delivery at the edge.</param>
/// <param name="DeliveriesInFirstSecond">Deliveries at the edge in the second from there on.</param>
/// <param name="AgeInFirstSecond">Their age on arrival, ms: with kinds of delivery latest no more than distance and interval, as the newest state comes and no backlog.</param>
/// <param name="BytesDown">Bytes over the WAN to the edge from the beginning of the stall to the end of that second.</param>
/// <param name="Redials">Connections opened meanwhile.</param>
internal sealed record StallReport(
    double Seconds, int BytesPerSecond, List<double> HomeGatewayMiB, double FirstAfterMs, long DeliveriesInFirstSecond, Latency? AgeInFirstSecond, long BytesDown, int Redials);
