using System.Globalization;
using System.Text.Json;
using E2EEvents.Load.Servers;

namespace E2EEvents.Load.Clients;

/// <summary>A crowd in several processes, because one may hold only so many descriptors.</summary>
internal sealed class CrowdProcesses : ICrowd
{
    private readonly List<RoleProcess> _processes = [];

    public IReadOnlyList<int> ProcessIds => _processes.ConvertAll(process => process.Id);

    /// <summary>Starts as many processes as it takes.</summary>
    public static async Task<ICrowd> StartAsync(LoadOptions options, string transport, IServer server, CancellationToken cancellationToken)
    {
        var crowd = new CrowdProcesses();
        var count = (options.Connections + options.PerProcess - 1) / options.PerProcess;
        try
        {
            for (var i = 0; i < count; i++)
            {
                var (process, _) = await RoleProcess.StartAsync(["clients"], options.LoadCores, cancellationToken);
                crowd._processes.Add(process);
                var setup = CrowdSetup.Of(options, transport, server, i, count);
                await process.AskAsync(JsonSerializer.Serialize(setup, JsonSerializerOptions.Web), cancellationToken);
            }

            return crowd;
        }
        catch
        {
            await crowd.DisposeAsync();
            throw;
        }
    }

    public async Task<int> OpenAsync(int count, double perSecond, bool neverRead, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var shares = new Task<JsonElement>[_processes.Count];
        for (var i = 0; i < shares.Length; i++)
        {
            var share = (count / shares.Length) + (i < count % shares.Length ? 1 : 0);
            var order = string.Create(CultureInfo.InvariantCulture, $"open {share} {perSecond / shares.Length} {neverRead} {deadline.TotalSeconds}");
            shares[i] = _processes[i].AskAsync(order, cancellationToken);
        }

        var joined = 0;
        foreach (var answer in await Task.WhenAll(shares)) joined += answer.GetInt32();
        return joined;
    }

    public Task MeasureAsync(bool on) => AskAllAsync(on ? "measure" : "end", CancellationToken.None);

    public async Task<Figures> FiguresAsync()
    {
        var sum = new Figures();
        foreach (var answer in await AskAllAsync("figures", CancellationToken.None)) sum.Add(answer.Deserialize<FiguresWire>(JsonSerializerOptions.Web)!);
        return sum;
    }

    public Task QuietAsync(TimeSpan longest, CancellationToken cancellationToken) =>
        AskAllAsync("quiet " + longest.TotalSeconds.ToString(CultureInfo.InvariantCulture), cancellationToken);

    public async Task<int> CountBehindAsync()
    {
        Position[]? newest = null;
        foreach (var answer in await AskAllAsync("newest", CancellationToken.None))
        {
            var part = CrowdSetup.Positions(answer.Deserialize<long[][]>()!);
            newest ??= part;
            for (var i = 0; i < part.Length; i++) newest[i] = Crowd.Later(newest[i], part[i]);
        }

        var behind = 0;
        foreach (var answer in await AskAllAsync("behind " + JsonSerializer.Serialize(CrowdSetup.Numbers(newest!)), CancellationToken.None)) behind += answer.GetInt32();
        return behind;
    }

    public Task CloseAllAsync() => AskAllAsync("close", CancellationToken.None);

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
