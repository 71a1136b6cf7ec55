using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using E2EEvents.Testing.Faults;
using Xunit;

namespace E2EEvents.Testing.Processes;

/// <summary>
/// One of our own processes as built by this solution (in the tests' configuration), started with settings in its environment on free ports.
/// Restarts keep the ports. All it writes goes to <c>logs/</c> of the <see cref="Artifacts"/>.
/// </summary>
public sealed class ProductProcess : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private const int MaxProblems = 1000;
    private static int _count;
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly string _project;
    private readonly string? _root;
    private readonly IReadOnlyList<string>? _program;
    private readonly NetworkNamespace? _network;
    private ChildProcess? _process;

    /// <summary>Prepares a process of <paramref name="project"/> (Silo, EdgeGateway or Connectors); nothing runs yet.</summary>
    /// <param name="project">Folder of the project.</param>
    /// <param name="settings">Configuration, keys as in appsettings (<c>Cluster:Redis</c>).</param>
    /// <param name="root">Copy of the repository whose build is started; default: this one.</param>
    /// <param name="network">Network namespace in which it runs; default: the tests' own.</param>
    /// <param name="program">Another program that takes its place, an assembly and its first arguments; default: the project's own.</param>
    public ProductProcess(string project, IReadOnlyDictionary<string, string>? settings = null, string? root = null, NetworkNamespace? network = null, IReadOnlyList<string>? program = null)
    {
        _project = project;
        _program = program;
        _root = root;
        _network = network;
        Name = project + "-" + Interlocked.Increment(ref _count).ToString(CultureInfo.InvariantCulture);
        PublicPort = FreePort.Next();
        OperationsPort = FreePort.Next();
        Settings["Gateway:Urls"] = $"http://{Host}:{PublicPort}";
        Settings["Operations:Urls"] = $"http://{Host}:{OperationsPort}";
        if (project == "Silo")
        {
            Settings["Silo:SiloPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture);
            Settings["Cluster:OrleansGatewayPort"] = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        }

        foreach (var (key, value) in settings ?? new Dictionary<string, string>()) Settings[key] = value;
        LogFile = Artifacts.PathOf("logs", $"{TestContext.Current.TestMethod?.MethodName ?? "fixture"}-{Name}-{Environment.ProcessId}.log");
        Output = new OutputLog(LogFile);
        Output.Line += line =>
        {
            if (_problems.Count < MaxProblems && (line.Contains(" warn: ", StringComparison.Ordinal) || line.Contains(" fail: ", StringComparison.Ordinal) || line.Contains(" crit: ", StringComparison.Ordinal))) _problems.Enqueue(line);
        };
    }

    /// <summary>Project and a number.</summary>
    public string Name { get; }

    /// <summary>Configuration for the next start.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    /// <summary>Port for clients, if the process has a gateway.</summary>
    public int PublicPort { get; }

    /// <summary>Port for operators: health, metrics.</summary>
    public int OperationsPort { get; }

    /// <summary>Where clients go, if the process has a gateway.</summary>
    public Uri PublicUri => new($"http://{Host}:{PublicPort}/");

    /// <summary>Where operators go.</summary>
    public Uri OperationsUri => new($"http://{Host}:{OperationsPort}/");

    /// <summary>What it wrote, over all starts.</summary>
    public OutputLog Output { get; }

    /// <summary>File with all it wrote.</summary>
    public string LogFile { get; }

    /// <summary>Log lines of level Warning and above so far, at most the first 1,000.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>Process id while it runs.</summary>
    public int ProcessId => Running.Id;

    /// <summary>True between start and end, also if the process ended by itself.</summary>
    public bool IsRunning => _process is { Exited.IsCompleted: false };

    private string Host => _network?.Address ?? "127.0.0.1";

    private ChildProcess Running => _process ?? throw new InvalidOperationException($"{Name} is not running.");

    /// <summary>Starts it without waiting for it to be ready.</summary>
    public async Task LaunchAsync()
    {
        if (IsRunning) throw new InvalidOperationException($"{Name} runs already.");
        if (_process is not null) await _process.DisposeAsync();
        var output = $"{_project}/bin/{Repository.Configuration}/net10.0";
        var folder = _root is null ? Repository.PathOf(output) : Path.Combine(_root, output);
        IReadOnlyList<string> program = _program ?? [Path.Combine(folder, $"E2EEvents.{_project}.dll")];
        if (!File.Exists(program[0])) throw new InvalidOperationException($"{program[0]} is not built; build {_project} in {Repository.Configuration} first.");
        var environment = new Dictionary<string, string> { ["DOTNET_ENVIRONMENT"] = "Production", ["ASPNETCORE_ENVIRONMENT"] = "Production" };
        foreach (var (key, value) in Settings) environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        // appsettings.json is read from the working folder.
        // "ip netns exec" becomes the program it starts, so that signals reach it.
        string[] command = [.. _network?.Command ?? [], "dotnet", .. program];
        _process = await ChildProcess.StartAsync(Name, command[0], command[1..], null, folder, Output, environment);
    }

    /// <summary>Starts it and waits until <c>/health/ready</c> answers 200.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="deadline">Default: 60 s.</param>
    /// <exception cref="InvalidOperationException">It is not built, exited or did not become ready; shows its last 200 lines.</exception>
    public async Task StartAsync(CancellationToken cancellationToken, TimeSpan? deadline = null)
    {
        await LaunchAsync();
        await ReadyAsync(cancellationToken, deadline);
    }

    /// <summary>Waits until <c>/health/ready</c> of the running process answers 200.</summary>
    public Task ReadyAsync(CancellationToken cancellationToken, TimeSpan? deadline = null) =>
        Running.ReadyAsync(IsReadyAsync, deadline ?? TimeSpan.FromSeconds(60), cancellationToken);

    /// <summary>Kills it as a crash would (SIGKILL).</summary>
    public async Task KillAsync()
    {
        await Running.DisposeAsync();
        _process = null;
    }

    /// <summary>Asks it to stop (SIGTERM) and asserts that it does so with exit code 0.</summary>
    /// <param name="deadline">Default: 30 s.</param>
    /// <exception cref="TimeoutException">It did not end in time (it is killed).</exception>
    public async Task StopAsync(TimeSpan? deadline = null)
    {
        Running.Signal(ProcessLauncher.SigTerm);
        var code = await Running.EndAsync(deadline ?? TimeSpan.FromSeconds(30));
        await KillAsync();
        if (code != 0) Assert.Fail($"{Name} stopped with exit code {code}. Its last output:\n{Output.Tail}");
    }

    /// <summary>Waits for it to end by itself, for tests of broken configuration.</summary>
    /// <returns>Its exit code.</returns>
    public Task<int> EndAsync(TimeSpan deadline) => Running.EndAsync(deadline);

    /// <summary>Stops it in good order and starts it again.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync();
        await StartAsync(cancellationToken);
    }

    /// <summary>Fails if it logged a Warning or worse that <paramref name="expected"/> does not pick.</summary>
    public void AssertQuiet(Func<string, bool>? expected = null)
    {
        var unexpected = new List<string>();
        foreach (var line in _problems)
        {
            if (expected?.Invoke(line) != true) unexpected.Add(line);
        }

        if (unexpected.Count > 0) Assert.Fail($"{Name} logged {unexpected.Count} unexpected line(s):\n{string.Join('\n', unexpected)}");
    }

    /// <summary>Pauses it (SIGSTOP): it hangs while its connections stay open.</summary>
    public void Freeze() => Running.Signal(ProcessLauncher.SigStop);

    /// <summary>Lets it go on after <see cref="Freeze"/>.</summary>
    public void Thaw() => Running.Signal(ProcessLauncher.SigContinue);

    /// <summary>Kills it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
        _process = null;
        Output.Dispose();
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(OperationsUri, "health/ready"), cancellationToken);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false; // no answer within the client's timeout: a busy machine, ask again
        }
    }
}
