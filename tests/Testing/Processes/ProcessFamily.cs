using System.Globalization;

namespace E2EEvents.Testing.Processes;

/// <summary>The processes that a process has started, theirs included, from /proc. Some servers (Varnish, PostgreSQL) hold port or memory in a child.</summary>
internal static class ProcessFamily
{
    public static List<int> DescendantsOf(int process)
    {
        var found = new List<int>();
        Collect(process, found);
        return found;
    }

    /// <summary>
    /// True while a thread of the process runs. A process that ended but was not reaped by its parent does not; one whose first thread ended
    /// before the others does, and holds its ports.
    /// </summary>
    public static bool IsAlive(int process)
    {
        try
        {
            foreach (var thread in Directory.GetDirectories($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/task"))
            {
                var stat = File.ReadAllText(Path.Combine(thread, "stat"));
                if (stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X')) return true;
            }
        }
        catch (IOException)
        {
            // It went away while we looked: look again, unless it is gone for good.
            return Directory.Exists($"/proc/{process.ToString(CultureInfo.InvariantCulture)}");
        }

        return false;
    }

    private static void Collect(int process, List<int> found)
    {
        try
        {
            foreach (var thread in Directory.GetDirectories($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/task"))
            {
                foreach (var child in File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
                {
                    var id = int.Parse(child, CultureInfo.InvariantCulture);
                    found.Add(id);
                    Collect(id, found);
                }
            }
        }
        catch (IOException)
        {
            // It ended meanwhile.
        }
    }
}
