using System.Diagnostics;

namespace E2EEvents.Testing.Processes;

/// <summary>One run of a program: started, its output read, ended by signal. It never outlives the test run.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _output;

    private ChildProcess(string name, Process process, OutputLog output)
    {
        Name = name;
        Output = output;
        _process = process;
        Exited = ExitOfAsync(process);
        // Both streams are read to the end: a full pipe would block the child.
        _output = Task.WhenAll(output.ReadAsync(process.StandardOutput), output.ReadAsync(process.StandardError));
    }

    public string Name { get; }

    public int Id => _process.Id;

    public OutputLog Output { get; }

    /// <summary>Ends with the exit code when the process does.</summary>
    public Task<int> Exited { get; }

    public static async Task<ChildProcess> StartAsync(
        string name, string executable, IEnumerable<string> arguments, string? user, string folder, OutputLog output,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var process = await ProcessLauncher.StartAsync(executable, arguments, user, folder, environment);
        return new ChildProcess(name, process, output);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <exception cref="InvalidOperationException">It failed or took longer than a minute; shows its output.</exception>
    public static async Task RunAsync(string executable, IEnumerable<string> arguments, string? user, string folder)
    {
        using var output = new OutputLog(null);
        await using var child = await StartAsync(executable, executable, arguments, user, folder, output);
        try
        {
            var code = await child.Exited.WaitAsync(TimeSpan.FromMinutes(1));
            if (code == 0) return;
            await child.DrainAsync();
            throw new InvalidOperationException($"{executable} ended with exit code {code}:\n{output.Tail}");
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"{executable} did not end within a minute:\n{output.Tail}", e);
        }
    }

    public void Signal(int signal) => ProcessLauncher.Signal(_process, signal);

    /// <summary>
    /// Asks again and again whether the process is ready, until it is.
    /// </summary>
    /// <exception cref="InvalidOperationException">It exited, or was not ready in time; shows its last output.</exception>
    public async Task ReadyAsync(Func<CancellationToken, Task<bool>> isReady, TimeSpan deadline, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(deadline);
        string? problem = null;
        while (true)
        {
            if (Exited.IsCompleted)
            {
                await DrainAsync();
                throw new InvalidOperationException($"{Name} exited with code {await Exited} before it was ready. Its last output:\n{Output.Tail}");
            }

            try
            {
                if (await isReady(timeout.Token)) return;
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, timeout.Token);
            }
            catch (OperationCanceledException) when (timeout.IsCancellationRequested)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new InvalidOperationException($"{Name} was not ready within {deadline.TotalSeconds:0.#} s ({problem ?? "it refused"}). Its last output:\n{Output.Tail}");
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or HttpRequestException or TimeoutException)
            {
                problem = e.Message; // not listening yet
                await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, CancellationToken.None);
            }
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <exception cref="TimeoutException">It lives on after <paramref name="deadline"/>; it is killed and its last output shown.</exception>
    public async Task<int> EndAsync(TimeSpan deadline)
    {
        try
        {
            var code = await Exited.WaitAsync(deadline);
            await DrainAsync();
            return code;
        }
        catch (TimeoutException e)
        {
            Signal(ProcessLauncher.SigKill);
            await Exited;
            throw new TimeoutException($"{Name} did not end within {deadline.TotalSeconds:0.#} s and was killed. Its last output:\n{Output.Tail}", e);
        }
    }

    /// <summary>Kills it with all it started, if it still runs; nothing of it holds a port or a file afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        List<int> family = Exited.IsCompleted ? [] : ProcessFamily.DescendantsOf(Id);
        Signal(ProcessLauncher.SigKill);
        foreach (var member in family) ProcessLauncher.Signal(member, ProcessLauncher.SigKill);
        await Exited;
        foreach (var member in family)
        {
            await Eventually.TrueAsync(() => !ProcessFamily.IsAlive(member), TimeSpan.FromSeconds(5), what: $"end of process {member}, a child of {Name}");
        }

        await DrainAsync();
        _process.Dispose();
    }

    /// <summary>Lets the last lines arrive; grandchildren may hold the pipe open for ever, so not for long.</summary>
    private async Task DrainAsync()
    {
        await Task.WhenAny(_output, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, CancellationToken.None));
    }

    private static async Task<int> ExitOfAsync(Process process)
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
