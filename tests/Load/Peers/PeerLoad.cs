using System.Globalization;
using System.Text.Json;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Peers.Clients;
using E2EEvents.Load.Peers.Servers;
using E2EEvents.Load.Servers;

namespace E2EEvents.Load.Peers;

/// <summary>The client processes of one turn; the first has the publisher.</summary>
internal sealed class PeerLoad : IAsyncDisposable
{
    private readonly List<RoleProcess> _processes = [];
    private readonly PeersOptions _options;

    private PeerLoad(PeersOptions options) => _options = options;

    public IReadOnlyList<int> ProcessIds => _processes.ConvertAll(process => process.Id);

    public static async Task<PeerLoad> StartAsync(PeersOptions options, PeerKind kind, IPeer peer, CancellationToken cancellationToken)
    {
        var load = new PeerLoad(options);
        try
        {
            for (var i = 0; i < options.Processes; i++)
            {
                var (process, _) = await RoleProcess.StartAsync(ClientsOptions.Write(options, kind, peer, i), options.LoadCores, cancellationToken);
                load._processes.Add(process);
            }

            return load;
        }
        catch
        {
            await load.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens subscribers, evenly over the processes.</summary>
    /// <exception cref="InvalidOperationException">Some did not join.</exception>
    public async Task OpenAsync(int count, CancellationToken cancellationToken)
    {
        var shares = new Task<JsonElement>[_processes.Count];
        for (var i = 0; i < shares.Length; i++)
        {
            var share = (count / shares.Length) + (i < count % shares.Length ? 1 : 0);
            shares[i] = _processes[i].AskAsync(string.Create(CultureInfo.InvariantCulture, $"open {share} {_options.ConnectRate / shares.Length}"), cancellationToken);
        }

        var joined = 0;
        foreach (var answer in await Task.WhenAll(shares)) joined += answer.GetInt32();
        if (joined == count) return;
        var losses = (await FiguresAsync(cancellationToken)).Sum.Losses;
        throw new InvalidOperationException($"{joined} of {count} subscribers joined. Lost: {(losses.Count > 0 ? string.Join(", ", losses) : "none")}.");
    }

    public Task CloseAllAsync(CancellationToken cancellationToken) => AskAllAsync("close", cancellationToken);

    public Task StartPublisherAsync(CancellationToken cancellationToken) => _processes[0].AskAsync("start", cancellationToken);

    public async Task<Published> StopPublisherAsync(CancellationToken cancellationToken) =>
        (await _processes[0].AskAsync("stop", cancellationToken)).Deserialize<Published>(JsonSerializerOptions.Web)!;

    public Task MeasureAsync(CancellationToken cancellationToken) => AskAllAsync("measure", cancellationToken);

    /// <summary>Ends the window; figures of all processes.</summary>
    public async Task<WindowFigures> FiguresAsync(CancellationToken cancellationToken)
    {
        var sum = new Figures();
        var rate = 0.0;
        foreach (var answer in await AskAllAsync("figures", cancellationToken))
        {
            var part = answer.Deserialize<FiguresWire>(JsonSerializerOptions.Web)!;
            sum.Add(part);
            rate += part.Deliveries / Math.Max(part.Seconds, 1e-6);
        }

        return new WindowFigures(sum, rate);
    }

    /// <summary>Waits until all have the last updates, at most some seconds.</summary>
    /// <returns>Topics of subscribers that did not get theirs.</returns>
    public async Task<int> BehindAsync(Published published, CancellationToken cancellationToken)
    {
        var behind = 0;
        foreach (var answer in await AskAllAsync("behind " + string.Join(',', published.Numbers), cancellationToken)) behind += answer.GetInt32();
        return behind;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes) await process.DisposeAsync();
    }

    private async Task<JsonElement[]> AskAllAsync(string order, CancellationToken cancellationToken)
    {
        var answers = new Task<JsonElement>[_processes.Count];
        for (var i = 0; i < answers.Length; i++) answers[i] = _processes[i].AskAsync(order, cancellationToken);
        return await Task.WhenAll(answers);
    }
}

/// <summary>Of all client processes.</summary>
/// <param name="Sum">Their figures.</param>
/// <param name="DeliveriesPerSecond">Each process by its own window, for these begin and end some ms apart.</param>
internal sealed record WindowFigures(Figures Sum, double DeliveriesPerSecond)
{
    /// <summary>Updates skipped, repeated or unreadable.</summary>
    public long Broken => Sum.CountOf(Verdict.Hole) + Sum.CountOf(Verdict.Repeat) + Sum.Malformed;
}
