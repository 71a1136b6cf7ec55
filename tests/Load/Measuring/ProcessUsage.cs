using System.Globalization;

namespace E2EEvents.Load.Measuring;

/// <summary>What processes have used so far, from /proc; the kernel counts CPU in ticks of 10 ms.</summary>
/// <param name="CpuSeconds">User and system, of all threads.</param>
/// <param name="ResidentBytes">Memory in RAM now.</param>
internal readonly record struct ProcessUsage(double CpuSeconds, long ResidentBytes)
{
    private const double TicksPerSecond = 100;

    public static ProcessUsage operator -(ProcessUsage after, ProcessUsage before) => new(after.CpuSeconds - before.CpuSeconds, after.ResidentBytes - before.ResidentBytes);

    /// <summary>Reads one process.</summary>
    /// <exception cref="InvalidOperationException">It is not running.</exception>
    public static ProcessUsage Of(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            // The command may hold blanks and brackets: count the fields from its end. utime and stime are fields 14 and 15.
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            var ticks = Number(fields[11]) + Number(fields[12]);
            var resident = 0L;
            foreach (var line in File.ReadLines($"/proc/{processId}/status"))
            {
                if (line.StartsWith("VmRSS:", StringComparison.Ordinal)) resident = Number(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
            }

            return new ProcessUsage(ticks / TicksPerSecond, resident);
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"Process {processId} of the server is gone.", e);
        }
    }

    /// <summary>CPU that the whole machine has used so far, s.</summary>
    public static double MachineCpuSeconds()
    {
        using var stat = new StreamReader("/proc/stat");
        var fields = stat.ReadLine()!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // user nice system idle iowait irq softirq: all but idle and iowait
        return (Number(fields[1]) + Number(fields[2]) + Number(fields[3]) + Number(fields[6]) + Number(fields[7])) / TicksPerSecond;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
