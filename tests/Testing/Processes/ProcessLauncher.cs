using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace E2EEvents.Testing.Processes;

/// <summary>
/// Starts child processes that die with this one, even when it is killed. On Linux every child runs under <c>setpriv --pdeathsig KILL</c>.
/// That signal is tied to the *thread* that started the child, so all are started by one thread that lives as long as the process.
/// </summary>
internal static partial class ProcessLauncher
{
    public const int SigInt = 2;
    public const int SigQuit = 3;
    public const int SigKill = 9;
    public const int SigTerm = 15;
    public const int SigContinue = 18;
    public const int SigStop = 19;

    private static readonly BlockingCollection<Action> Work = [];

    static ProcessLauncher()
    {
        new Thread(() =>
        {
            foreach (var start in Work.GetConsumingEnumerable()) start();
        })
        { IsBackground = true, Name = "process launcher" }.Start();
    }

    /// <summary>Starts <paramref name="executable"/>, as <paramref name="user"/> when this process is root; output is redirected and must be read.</summary>
    /// <exception cref="InvalidOperationException">The executable is not installed.</exception>
    public static Task<Process> StartAsync(
        string executable, IEnumerable<string> arguments, string? user, string folder, IReadOnlyDictionary<string, string>? environment)
    {
        var start = new ProcessStartInfo
        {
            FileName = Find(executable),
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        if (OperatingSystem.IsLinux())
        {
            start.ArgumentList.Add("--pdeathsig");
            start.ArgumentList.Add("KILL");
            if (user is not null && Environment.IsPrivilegedProcess)
            {
                var (uid, gid) = IdsOf(user);
                start.ArgumentList.Add("--reuid=" + uid.ToString(CultureInfo.InvariantCulture));
                start.ArgumentList.Add("--regid=" + gid.ToString(CultureInfo.InvariantCulture));
                start.ArgumentList.Add("--clear-groups");
            }

            start.ArgumentList.Add(start.FileName);
            start.FileName = Find("setpriv");
        }

        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;

        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                var process = new Process { StartInfo = start, EnableRaisingEvents = true };
                process.Start();
                process.StandardInput.Close();
                started.SetResult(process);
            }
            catch (Exception e)
            {
                started.SetException(e); // handed to whoever asked
            }
        });
        return started.Task;
    }

    /// <summary>Path of an executable: on the PATH, or where Debian keeps servers.</summary>
    /// <exception cref="InvalidOperationException">It is not installed.</exception>
    public static string Find(string executable)
    {
        if (executable.Contains('/', StringComparison.Ordinal)) return executable;
        var folders = new List<string>((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)) { "/usr/sbin", "/usr/local/sbin", "/sbin" };
        if (Directory.Exists("/usr/lib/postgresql"))
        {
            foreach (var version in Directory.GetDirectories("/usr/lib/postgresql")) folders.Add(Path.Combine(version, "bin"));
        }

        foreach (var folder in folders)
        {
            var path = Path.Combine(folder, executable);
            if (File.Exists(path)) return path;
        }

        throw new InvalidOperationException($"'{executable}' is not installed; ./test says and, as root, installs what the tests need.");
    }

    /// <summary>Sends a signal; a process that is gone is no error.</summary>
    public static void Signal(Process process, int signal)
    {
        if (!process.HasExited) Signal(process.Id, signal);
    }

    /// <summary>Sends a signal; a process that is gone is no error.</summary>
    public static void Signal(int process, int signal) => _ = Kill(process, signal);

    /// <summary>User and group id of a user, from /etc/passwd.</summary>
    public static (int Uid, int Gid) IdsOf(string user)
    {
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var fields = line.Split(':');
            if (fields[0] == user) return (int.Parse(fields[2], CultureInfo.InvariantCulture), int.Parse(fields[3], CultureInfo.InvariantCulture));
        }

        throw new InvalidOperationException($"This machine has no user '{user}', under which the tests run that server; install the server's package.");
    }

    /// <summary>Gives a folder to a user.</summary>
    public static void GiveTo(string path, string user)
    {
        var (uid, gid) = IdsOf(user);
        if (ChangeOwner(path, uid, gid) != 0) throw new InvalidOperationException($"{path} could not be given to {user}: errno {Marshal.GetLastPInvokeError()}.");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, int uid, int gid);
}
