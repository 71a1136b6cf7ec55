using System.Globalization;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Measuring;

namespace E2EEvents.Load.Peers;

/// <summary>What a server with the processes it started, and the client processes, use between two moments.</summary>
/// <param name="server">First process of the server.</param>
/// <param name="load">Client processes.</param>
/// <param name="clock">Of the window.</param>
internal sealed class TreeMeter(int server, IReadOnlyList<int> load, Clock clock)
{
    private long _startedAt;
    private double _serverBefore;
    private double _loadBefore;
    private double _machineBefore;

    public double Seconds { get; private set; }

    /// <summary>Of the server, user and system.</summary>
    public double CpuSeconds { get; private set; }

    /// <summary>Of one core.</summary>
    public double ServerPercent => 100 * CpuSeconds / Seconds;

    /// <inheritdoc cref="ServerPercent"/>
    public double LoadPercent { get; private set; }

    /// <summary>Of one core, used by neither.</summary>
    public double OthersPercent { get; private set; }

    public void Start()
    {
        (_serverBefore, _loadBefore, _machineBefore) = (Server().CpuSeconds, Load(), ProcessUsage.MachineCpuSeconds());
        _startedAt = clock.Timestamp;
    }

    public void Stop()
    {
        Seconds = clock.MicrosecondsSince(_startedAt) / 1e6;
        CpuSeconds = Server().CpuSeconds - _serverBefore;
        LoadPercent = 100 * (Load() - _loadBefore) / Seconds;
        OthersPercent = Math.Max(0, (100 * (ProcessUsage.MachineCpuSeconds() - _machineBefore) / Seconds) - ServerPercent - LoadPercent);
    }

    /// <summary>Memory of the server in RAM now.</summary>
    public long ResidentBytes() => Server().ResidentBytes;

    private ProcessUsage Server()
    {
        var sum = default(ProcessUsage);
        Add(server);
        return sum;

        void Add(int process)
        {
            var usage = ProcessUsage.Of(process);
            sum = new ProcessUsage(sum.CpuSeconds + usage.CpuSeconds, sum.ResidentBytes + usage.ResidentBytes);
            foreach (var child in ChildrenOf(process)) Add(child);
        }
    }

    private double Load()
    {
        var sum = 0.0;
        foreach (var process in load) sum += ProcessUsage.Of(process).CpuSeconds;
        return sum;
    }

    private static List<int> ChildrenOf(int process)
    {
        var children = new List<int>();
        foreach (var thread in Directory.GetDirectories($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/task"))
        {
            try
            {
                foreach (var child in File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)) children.Add(int.Parse(child, CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // The thread ended meanwhile.
            }
        }

        return children;
    }
}
