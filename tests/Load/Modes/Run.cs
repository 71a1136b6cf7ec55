using E2EEvents.Load.Clients;
using E2EEvents.Load.Measuring;
using E2EEvents.Load.Servers;

namespace E2EEvents.Load.Modes;

/// <summary>A server and its crowd for one transport, and the steps that the modes share.</summary>
internal sealed class Run : IAsyncDisposable
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromSeconds(90);

    private Run(LoadOptions options, string transport, IServer server, ICrowd crowd, Clock clock)
    {
        (Options, Transport, Server, Crowd, Clock) = (options, transport, server, crowd, clock);
        Meter = new Meter(server.Processes, clock, crowd.ProcessIds);
    }

    public LoadOptions Options { get; }

    public string Transport { get; }

    public IServer Server { get; }

    public ICrowd Crowd { get; }

    public Meter Meter { get; }

    public Clock Clock { get; }

    public static async Task<Run> StartAsync(LoadOptions options, string transport, Clock clock, CancellationToken cancellationToken)
    {
        var server = options.IsRunningServer ? new RunningServer(options)
            : options.Server == "region" ? await RegionServer.StartAsync(options, cancellationToken)
            : await GatewayServer.StartAsync(options, cancellationToken);
        try
        {
            var crowd = options.Connections > options.PerProcess
                ? await CrowdProcesses.StartAsync(options, transport, server, cancellationToken)
                : new Crowd(options.Threads, transport, new Target(server.Url, options.Addresses), server.Topics, clock, options.Query, options.PollEvery);
            return new Run(options, transport, server, crowd, clock);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens connections at the usual pace.</summary>
    /// <exception cref="InvalidOperationException">Some did not join.</exception>
    public async Task JoinAsync(int count, bool neverRead, CancellationToken cancellationToken)
    {
        var joined = await Crowd.OpenAsync(count, Options.ConnectRate, neverRead, JoinLimit, cancellationToken);
        if (joined == count) return;
        var losses = string.Join(", ", (await Crowd.FiguresAsync()).Losses);
        throw new InvalidOperationException($"{joined} of {count} connections got their first state within {JoinLimit.TotalSeconds} s. Lost: {(losses.Length > 0 ? losses : "none")}.");
    }

    /// <summary>Opens and closes some connections, so that the code is compiled and the pools are filled before memory is looked at.</summary>
    public async Task WarmUpAsync(int count, CancellationToken cancellationToken)
    {
        await JoinAsync(count, neverRead: false, cancellationToken);
        await Crowd.CloseAllAsync();
        await PauseAsync(TimeSpan.FromSeconds(2), cancellationToken);
    }

    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await Crowd.MeasureAsync(true);
        Meter.Start();
        await PauseAsync(Options.Window, cancellationToken);
        await Crowd.MeasureAsync(false);
        Meter.Stop();
    }

    public Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken) => Clock.DelayAsync(pause, cancellationToken);

    /// <summary>A result with what every mode has.</summary>
    public RunResult Result(string mode, int connections, LawReport laws, bool passed) => new()
    {
        Mode = mode,
        Transport = Transport,
        Measured = Server.Measured,
        Connections = connections,
        Topics = Server.Topics.Count,
        TopicsPerConnection = Server.Topics.PerConnection,
        Rate = Options.Rate,
        Bytes = Options.Bytes,
        Delivery = Server.Topics.Delivery == Delivery.Every ? "every" : "latest",
        Laws = laws,
        Passed = passed,
    };

    /// <summary>Adds the figures of the last window.</summary>
    public RunResult WithWindow(RunResult result, Figures figures)
    {
        var isPolling = Transport is "longpoll" or "poll";
        return result with
        {
            Seconds = Math.Round(Meter.Seconds, 3),
            Deliveries = figures.Deliveries,
            DeliveriesPerSecond = Math.Round(figures.Deliveries / Meter.Seconds, 1),
            BytesPerDelivery = Math.Round(figures.Bytes / (double)Math.Max(1, figures.Deliveries), 1),
            AnswersPerSecond = isPolling ? Math.Round(figures.Answers / Meter.Seconds, 1) : null,
            Latency = Latency.Of(figures.FromHome),
            LatencyFromOrigin = Latency.Of(figures.FromOrigin),
            CpuPerDelivery = Server.Processes.Count > 0 && figures.Deliveries > 0 ? Math.Round(Meter.CpuSeconds * 1e6 / figures.Deliveries, 2) : null,
            CpuPerDeliveryOf = Server.Processes.Count > 0 && figures.Deliveries > 0 ? Meter.CpuOver(figures.Deliveries) : null,
            ServerCpuPercent = Server.Processes.Count > 0 ? Math.Round(Meter.ServerCpuPercent, 1) : null,
            DriverCpuPercent = Math.Round(Meter.DriverCpuPercent, 1),
            OthersCpuPercent = Math.Round(Meter.OthersCpuPercent, 1),
            ResidentMiB = Server.Processes.Count > 0 ? MiB(Meter.GatewayBytes()) : null,
        };
    }

    public static double MiB(long bytes) => Math.Round(bytes / 1024.0 / 1024.0, 1);

    public async ValueTask DisposeAsync()
    {
        await Crowd.DisposeAsync();
        await Server.DisposeAsync();
    }
}
