using E2EEvents.Load.Clients;
using E2EEvents.Load.Peers.Servers;

namespace E2EEvents.Load.Peers;

/// <summary>Mode <c>peers</c>: the same load on our gateway and on other servers, turn by turn (A, B, C, A, B, C…), so that what the machine does meanwhile hits all alike.</summary>
internal static class PeersMode
{
    /// <returns>Exit code: 0 = done and every turn of ours was whole, 1 = it was not, 2 = wrong options.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        if (PeersOptions.Read(words, Console.Error) is not { } options) return 2;
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) => (pressed.Cancel, _) = (true, stop.CancelAsync());
        var kinds = new List<PeerKind>();
        var skipped = new Dictionary<string, string>();
        foreach (var kind in PeerKind.Of(options))
        {
            if (kind.Missing is null) kinds.Add(kind);
            else skipped.Add(kind.Name, kind.Missing);
        }

        foreach (var (name, missing) in skipped) await Console.Error.WriteLineAsync($"SKIPPED {name}: {missing}");
        var result = await RunAsync(options, kinds, skipped, new Clock(TimeProvider.System), stop.Token);
        PeersReport.Write(result, Console.Out);
        PeersReport.WriteTable(result, Console.Error);
        return result.Passed ? 0 : 1;
    }

    private static async Task<PeersResult> RunAsync(
        PeersOptions options, List<PeerKind> kinds, Dictionary<string, string> skipped, Clock clock, CancellationToken cancellationToken)
    {
        var turns = kinds.ConvertAll(_ => new List<TurnResult>());
        for (var round = 0; round < options.Rounds; round++)
        {
            for (var i = 0; i < kinds.Count; i++)
            {
                turns[i].Add(await PeerTurn.RunAsync(options, kinds[i], clock, cancellationToken));
                PeersReport.WriteTurn(round, kinds[i].Label, turns[i][^1], Console.Error);
            }
        }

        var peers = new List<PeerResult>();
        for (var i = 0; i < kinds.Count; i++) peers.Add(Medians.Of(kinds[i].Label, turns[i]));
        var isOpen = options.Shape is Shape.Steady or Shape.Bursts;
        return new PeersResult
        {
            Shape = options.Shape.ToString().ToLowerInvariant(),
            Subscribers = options.Subscribers,
            Topics = options.Topics,
            TopicsPerSubscriber = options.TopicsPerSubscriber,
            Rate = isOpen ? options.Rate : null,
            DueDeliveriesPerSecond = isOpen ? options.Rate * options.Subscribers * options.TopicsPerSubscriber : null,
            Bytes = options.Bytes,
            Rounds = options.Rounds,
            Seconds = options.Window.TotalSeconds,
            Pin = options.Pin,
            Peers = peers,
            Ratios = Medians.Ratios(peers),
            Skipped = skipped,
            Passed = peers.TrueForAll(peer => peer.IsWhole || !Medians.IsOurs(peer.Name)),
        };
    }
}
