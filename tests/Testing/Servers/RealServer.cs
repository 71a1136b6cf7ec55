using System.Globalization;
using System.Net;
using System.Net.Sockets;
using E2EEvents.Testing.Processes;
using Xunit;

namespace E2EEvents.Testing.Servers;

/// <summary>
/// A real server, private to a test or test class: on a free port of the loopback address, in a temporary folder of its own, never as root.
/// Restarts keep port and data. Usable as a class fixture. A server that is not installed is an error, not a skip.
/// </summary>
public abstract class RealServer : IAsyncLifetime
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);
    private readonly OutputLog _output = new(null);
    private ChildProcess? _process;
    private bool _prepared;

    /// <summary>Port on 127.0.0.1; 0 before the first start.</summary>
    public int Port { get; private set; }

    /// <summary><c>127.0.0.1:port</c>.</summary>
    public string Endpoint => "127.0.0.1:" + Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Its last 200 lines of output over all starts.</summary>
    public string Output => _output.Tail;

    /// <summary>Process id while it runs.</summary>
    public int ProcessId => _process?.Id ?? throw new InvalidOperationException($"{Name} is not running.");

    /// <summary>True between start and end, also if the process ended by itself.</summary>
    public bool IsRunning => _process is { Exited.IsCompleted: false };

    /// <summary>The server's folder with data and configuration.</summary>
    protected string Folder { get; private set; } = "";

    /// <summary>What it is called in errors, and the beginning of its folder's name.</summary>
    protected abstract string Name { get; }

    /// <summary>User under which it runs when the tests run as root.</summary>
    protected virtual string User => "nobody";

    /// <summary>The program, found on the PATH.</summary>
    protected abstract string Executable { get; }

    /// <summary>Its arguments; folder and port are known by then.</summary>
    protected abstract IEnumerable<string> Arguments { get; }

    /// <summary>Signal that stops it in good order.</summary>
    protected virtual int StopSignal => ProcessLauncher.SigTerm;

    /// <summary>Starts it and returns once a client gets an answer; on the port and data of before, if it ran before.</summary>
    /// <exception cref="InvalidOperationException">It is not installed, exited or did not answer within 30 s; shows its last 200 lines.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsRunning) throw new InvalidOperationException($"{Name} runs already.");
        await EndedAsync();
        if (!_prepared)
        {
            Folder = Directory.CreateTempSubdirectory("e2e-" + Name + "-").FullName;
            if (Environment.IsPrivilegedProcess) ProcessLauncher.GiveTo(Folder, User);
            await PrepareAsync();
            _prepared = true;
        }

        for (var retries = Port == 0 ? 3 : 0; ; retries--)
        {
            if (Port == 0) Port = FreePort.Next();
            WriteConfiguration();
            _process = await ChildProcess.StartAsync(Name, Executable, Arguments, User, Folder, _output);
            try
            {
                await _process.ReadyAsync(AnswersAsync, StartLimit, cancellationToken);
                return;
            }
            catch (InvalidOperationException) when (retries > 0 && _output.Tail.Contains("in use", StringComparison.OrdinalIgnoreCase))
            {
                await EndedAsync();
                Port = 0; // another process took the port between our look and the start: only then may it change
            }
        }
    }

    /// <summary>Stops it in good order.</summary>
    /// <exception cref="TimeoutException">It did not end within 15 s (it is killed).</exception>
    public async Task StopAsync()
    {
        if (_process is null) return;
        _process.Signal(StopSignal);
        await _process.EndAsync(StopLimit);
        await EndedAsync();
    }

    /// <summary>Kills it as a crash would (SIGKILL); <see cref="StartAsync"/> brings it back.</summary>
    public Task KillAsync() => EndedAsync();

    /// <summary>Pauses it (SIGSTOP): it hangs while its connections stay open.</summary>
    public void Freeze() => _process?.Signal(ProcessLauncher.SigStop);

    /// <summary>Lets it go on after <see cref="Freeze"/>.</summary>
    public void Thaw() => _process?.Signal(ProcessLauncher.SigContinue);

    /// <summary>Copies its data; <see cref="RestoreAsync"/> brings them back. Only while it does not run.</summary>
    public Task BackUpAsync() => IsRunning ? throw new InvalidOperationException($"{Name} runs.") : CopyAsync(Folder, Backup);

    /// <summary>Puts the copied data in the place of the present ones, as an operator restores a backup. Only while it does not run.</summary>
    public Task RestoreAsync() => IsRunning ? throw new InvalidOperationException($"{Name} runs.") : CopyAsync(Backup, Folder);

    /// <summary>Asks the running server and returns true if it answers as it should.</summary>
    public async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            return await CheckAsync(client.GetStream(), limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{Name} took the connection but did not answer within 2 s.", e);
        }
    }

    /// <inheritdoc/>
    async ValueTask IAsyncLifetime.InitializeAsync() => await StartAsync(CancellationToken.None);

    /// <summary>Stops the server and deletes its folder.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            if (IsRunning) await StopAsync();
        }
        finally
        {
            await EndedAsync();
            if (Folder.Length > 0) Directory.Delete(Folder, recursive: true);
            if (Folder.Length > 0 && Directory.Exists(Backup)) Directory.Delete(Backup, recursive: true);
            _output.Dispose();
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Makes what the first start needs, such as an empty database.</summary>
    protected virtual Task PrepareAsync() => Task.CompletedTask;

    /// <summary>Writes configuration files; called before every start.</summary>
    protected virtual void WriteConfiguration()
    {
    }

    /// <summary>Speaks just enough of the server's protocol to know that it serves; false = not yet.</summary>
    protected abstract Task<bool> CheckAsync(NetworkStream stream, CancellationToken cancellationToken);

    /// <summary>Runs a tool of the server as its user, in its folder.</summary>
    protected Task RunToolAsync(string tool, params string[] arguments) => ChildProcess.RunAsync(tool, arguments, User, Folder);

    /// <summary>Writes a file that the server can read.</summary>
    protected void WriteFile(string name, string content)
    {
        var path = Path.Combine(Folder, name);
        File.WriteAllText(path, content);
        if (Environment.IsPrivilegedProcess) ProcessLauncher.GiveTo(path, User);
    }

    private string Backup => Folder + ".backup";

    private static Task CopyAsync(string from, string to)
    {
        if (Directory.Exists(to)) Directory.Delete(to, recursive: true);
        return ChildProcess.RunAsync("cp", ["-a", from, to], null, Path.GetTempPath()); // with owners and rights
    }

    private async Task EndedAsync()
    {
        if (_process is null) return;
        await _process.DisposeAsync();
        _process = null;
    }
}
