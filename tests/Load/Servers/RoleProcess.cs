using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace E2EEvents.Load.Servers;

/// <summary>
/// This program in another role and process. It is told what to do by lines on its input and answers each with one line of JSON; it ends
/// when its input does, so that it never outlives the driver.
/// </summary>
internal sealed class RoleProcess : IAsyncDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(2);

    private readonly string _role;
    private readonly Process _process;

    private RoleProcess(string role, Process process) => (_role, _process) = (role, process);

    public int Id => _process.Id;

    /// <summary>Starts a role and waits until it says that it is ready.</summary>
    /// <param name="arguments">Role and options.</param>
    /// <param name="cores">Where it runs, as taskset reads it; null = anywhere.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="settings">Configuration of the product's parts in it, keys as in appsettings.</param>
    public static async Task<(RoleProcess Process, JsonElement Ready)> StartAsync(
        IReadOnlyList<string> arguments, string? cores, CancellationToken cancellationToken, IReadOnlyDictionary<string, string>? settings = null)
    {
        var command = new List<string>();
        if (cores is not null) command.AddRange(["taskset", "-c", cores]);
        command.Add(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") command.Add(Assembly.GetExecutingAssembly().Location);
        command.AddRange(arguments);
        var start = new ProcessStartInfo { FileName = command[0], RedirectStandardInput = true, RedirectStandardOutput = true };
        for (var i = 1; i < command.Count; i++) start.ArgumentList.Add(command[i]);
        foreach (var (key, value) in settings ?? new Dictionary<string, string>()) start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        var role = new RoleProcess(arguments[0], Process.Start(start)!);
        return (role, await role.AnswerAsync(cancellationToken));
    }

    /// <summary>Gives an order and waits for the answer.</summary>
    public async Task<JsonElement> AskAsync(string order, CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync(order.AsMemory(), cancellationToken);
        await _process.StandardInput.FlushAsync(cancellationToken);
        return await AnswerAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private async Task<JsonElement> AnswerAsync(CancellationToken cancellationToken)
    {
        var line = await _process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(AnswerLimit, cancellationToken);
        return line is null
            ? throw new InvalidOperationException($"The role {_role} ended before it answered; what it wrote is above.")
            : JsonSerializer.Deserialize<JsonElement>(line);
    }
}
