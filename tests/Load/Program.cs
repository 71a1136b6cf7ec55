using E2EEvents.Load;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Measuring;
using E2EEvents.Load.Modes;
using E2EEvents.Load.Peers;
using E2EEvents.Load.Peers.Clients;
using E2EEvents.Load.Peers.Servers;
using E2EEvents.Load.Servers;
using E2EEvents.Load.Sockets;
using E2EEvents.Load.Sources;

// Load driver: one mode or role a call. See README.md.
if (args is ["proxy", .. var given]) return await LinkProxy.RunAsync(given);
if (args is ["peers", .. var peers]) return await PeersMode.RunAsync(peers);
if (args is ["clients"]) return await ServeCrowd.RunAsync();
if (args is ["peer-clients", .. var clients]) return await ServeClients.RunAsync(clients);
if (args.Length == 0 || LoadOptions.Read(args[1..], Console.Error) is not { } options)
{
    Console.Error.WriteLine("Usage: load steady|idle|storm|slow|regions|peers|serve-gateway|serve-signalr|up|up-regions|publish|peer-clients|proxy [--name value …]; tests/Load/README.md lists the options.");
    return 2;
}

return args[0] switch
{
    "serve-gateway" => await ServeGateway.RunAsync(options),
    "serve-signalr" => await ServeSignalR.RunAsync(options),
    "up" => await ServeRegion.RunAsync(options),
    "up-regions" => await ServeRegions.RunAsync(options),
    "publish" => await Publisher.RunAsync(options),
    "steady" => await MeasureAsync(Steady.RunAsync),
    "idle" => await MeasureAsync(Idle.RunAsync),
    "storm" => await MeasureAsync(Storm.RunAsync),
    "slow" => await MeasureAsync(Slow.RunAsync),
    "regions" => await RegionsAsync(),
    _ => Unknown(args[0]),
};

async Task<int> MeasureAsync(Func<Run, CancellationToken, Task<List<RunResult>>> mode)
{
    using var stop = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) => (pressed.Cancel, _) = (true, stop.CancelAsync());
    if (options.LoadCores is { } cores) Libc.RunOn(cores);
    var results = new List<RunResult>();
    foreach (var transport in options.Transports)
    {
        await using var run = await Run.StartAsync(options, transport, new Clock(TimeProvider.System), stop.Token);
        foreach (var result in await mode(run, stop.Token))
        {
            results.Add(result);
            Report.Write(result);
        }
    }

    Report.WriteTable(results, Console.Error);
    return results.TrueForAll(result => result.Passed) ? 0 : 1;
}

async Task<int> RegionsAsync()
{
    using var stop = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) => (pressed.Cancel, _) = (true, stop.CancelAsync());
    if (options.LoadCores is { } cores) Libc.RunOn(cores);
    await using var run = await RegionsRun.StartAsync(options, new Clock(TimeProvider.System), stop.Token);
    var result = await Regions.RunAsync(run, stop.Token);
    RegionsReport.Write(result);
    return result.Passed ? 0 : 1;
}

static int Unknown(string word)
{
    Console.Error.WriteLine($"'{word}' is neither a mode nor a role.");
    return 2;
}
