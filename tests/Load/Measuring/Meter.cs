using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Measuring;

/// <summary>Reads the clock and the usage of server and driver, its client processes included, at two moments.</summary>
internal sealed class Meter(IReadOnlyDictionary<string, int> processes, Clock clock, IReadOnlyList<int> clients)
{
    private readonly Dictionary<string, ProcessUsage> _before = [];
    private readonly Dictionary<string, ProcessUsage> _used = [];
    private long _startedAt;
    private double _driverBefore;
    private double _machineBefore;

    public double Seconds { get; private set; }

    public double DriverCpuPercent { get; private set; }

    /// <summary>Of everything on the machine that is neither server nor driver.</summary>
    public double OthersCpuPercent { get; private set; }

    /// <summary>Of all server processes in the window.</summary>
    public double CpuSeconds
    {
        get
        {
            var sum = 0.0;
            foreach (var (_, used) in _used) sum += used.CpuSeconds;
            return sum;
        }
    }

    public double ServerCpuPercent => 100 * CpuSeconds / Seconds;

    public void Start()
    {
        foreach (var (name, id) in processes) _before[name] = ProcessUsage.Of(id);
        _driverBefore = Driver();
        _machineBefore = ProcessUsage.MachineCpuSeconds();
        _startedAt = clock.Timestamp;
    }

    public void Stop()
    {
        Seconds = clock.MicrosecondsSince(_startedAt) / 1e6;
        foreach (var (name, id) in processes) _used[name] = ProcessUsage.Of(id) - _before[name];
        DriverCpuPercent = 100 * (Driver() - _driverBefore) / Seconds;
        OthersCpuPercent = Math.Max(0, (100 * (ProcessUsage.MachineCpuSeconds() - _machineBefore) / Seconds) - ServerCpuPercent - DriverCpuPercent);
    }

    /// <summary>CPU of each process over <paramref name="count"/> deliveries or updates, µs.</summary>
    public Dictionary<string, double> CpuOver(double count)
    {
        var result = new Dictionary<string, double>();
        foreach (var (name, used) in _used) result[name] = Math.Round(used.CpuSeconds * 1e6 / Math.Max(1, count), 2);
        return result;
    }

    /// <summary>Share of one core of each process, %.</summary>
    public Dictionary<string, double> CpuPercents()
    {
        var result = new Dictionary<string, double>();
        foreach (var (name, used) in _used) result[name] = Math.Round(100 * used.CpuSeconds / Seconds, 1);
        return result;
    }

    /// <summary>Memory of the process that holds the connections, bytes.</summary>
    public long GatewayBytes() => processes.TryGetValue("gateway", out var id) ? ProcessUsage.Of(id).ResidentBytes : 0;

    private double Driver()
    {
        var sum = ProcessUsage.Of(Environment.ProcessId).CpuSeconds;
        foreach (var client in clients) sum += ProcessUsage.Of(client).CpuSeconds;
        return sum;
    }
}
