using E2EEvents.Load.Measuring;
using E2EEvents.Load.Peers.Servers;

namespace E2EEvents.Load.Peers;

/// <summary>Medians over the rounds, each figure for itself, and ratios between medians.</summary>
internal static class Medians
{
    /// <summary>A server that keeps nothing of a connection has no ratio.</summary>
    private const double LeastKiB = 0.2;

    public static PeerResult Of(string name, IReadOnlyList<TurnResult> turns)
    {
        var measured = new List<TurnResult>();
        foreach (var turn in turns)
        {
            if (turn.Failed is null) measured.Add(turn);
        }

        if (measured.Count == 0) return new PeerResult(name, null, turns);
        return new PeerResult(name, new TurnResult
        {
            CpuPerDelivery = Of(measured, turn => turn.CpuPerDelivery),
            DeliveriesPerSecond = Of(measured, turn => turn.DeliveriesPerSecond),
            BytesPerDelivery = Of(measured, turn => turn.BytesPerDelivery),
            Latency = LatencyOf(measured, turn => turn.Latency),
            Joining = LatencyOf(measured, turn => turn.Joining),
            CpuPerConnect = Of(measured, turn => turn.CpuPerConnect),
            KiBPerConnection = Of(measured, turn => turn.KiBPerConnection),
            ResidentMiB = Of(measured, turn => turn.ResidentMiB),
            ServerPercent = Of(measured, turn => turn.ServerPercent),
            LoadPercent = Of(measured, turn => turn.LoadPercent),
            OthersPercent = Of(measured, turn => turn.OthersPercent),
            LatestMs = Of(measured, turn => turn.LatestMs),
        }, turns);
    }

    /// <summary>Each of our lines over every other line.</summary>
    public static List<Ratio> Ratios(IReadOnlyList<PeerResult> results)
    {
        var ratios = new List<Ratio>();
        foreach (var ours in results)
        {
            if (!IsOurs(ours.Name) || ours.Median is not { } our) continue;
            foreach (var other in results)
            {
                if (ReferenceEquals(ours, other) || other.Median is not { } their) continue;
                ratios.Add(new Ratio(
                    ours.Name, other.Name, Over(our.CpuPerDelivery, their.CpuPerDelivery), Over(our.Latency?.P50, their.Latency?.P50), Over(our.Latency?.P99, their.Latency?.P99),
                    Over(our.DeliveriesPerSecond, their.DeliveriesPerSecond), their.KiBPerConnection > LeastKiB ? Over(our.KiBPerConnection, their.KiBPerConnection) : null, Over(our.CpuPerConnect, their.CpuPerConnect)));
            }
        }

        return ratios;
    }

    public static bool IsOurs(string name) => name.StartsWith(PeerKind.Gateway, StringComparison.Ordinal);

    /// <summary>Median; of an even number the mean of the middle two; null if no turn has the figure.</summary>
    private static double? Of(List<TurnResult> turns, Func<TurnResult, double?> figure)
    {
        var values = new List<double>();
        foreach (var turn in turns)
        {
            if (figure(turn) is { } value) values.Add(value);
        }

        if (values.Count == 0) return null;
        values.Sort();
        return Math.Round((values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2, 3);
    }

    private static Latency? LatencyOf(List<TurnResult> turns, Func<TurnResult, Latency?> figure) =>
        Of(turns, turn => figure(turn)?.P50) is not { } p50 ? null : new Latency(
            p50, Of(turns, turn => figure(turn)?.P90) ?? 0, Of(turns, turn => figure(turn)?.P99) ?? 0, Of(turns, turn => figure(turn)?.Max) ?? 0);

    private static double? Over(double? ours, double? theirs) => ours is { } a && theirs is { } b && b > 0 ? Math.Round(a / b, 2) : null;
}
