using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>Three regions with sample feeds, started by <c>./regions</c> as an operator does, on ports that are free here.</summary>
public sealed class ScriptedRegions : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private readonly string _state = Directory.CreateTempSubdirectory("e2e-regions-").FullName;
    private readonly int _offset = FreeOffset();

    /// <summary>What "up" printed.</summary>
    public string Up { get; private set; } = "";

    public Uri Gateway(string region) => new($"http://localhost:{(8080 + _offset + Number(region)).ToString(CultureInfo.InvariantCulture)}/");

    public async ValueTask InitializeAsync()
    {
        try
        {
            Up = await RunAsync("up", "--distance");
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs the script and returns what it printed; fails if it does.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("bash", [Repository.PathOf("regions"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["REGIONS_STATE"] = _state;
        start.Environment["REGIONS_OFFSET"] = _offset.ToString(CultureInfo.InvariantCulture);
        start.Environment["REGIONS_BUILD"] = Repository.Configuration == "Release" ? "no" : "yes"; // the tests' own build brought it
        using var script = Process.Start(start)!;
        using var limit = new CancellationTokenSource(Limit, TimeProvider.System);
        var output = script.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = script.StandardError.ReadToEndAsync(limit.Token);
        await script.WaitForExitAsync(limit.Token);
        Assert.True(script.ExitCode == 0, $"./regions {string.Join(' ', arguments)} ended with exit code {script.ExitCode}:\n{await output}{await errors}");
        return await output;
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync("down");
        foreach (var log in Directory.GetFiles(_state, "*.log")) File.Copy(log, Artifacts.PathOf("logs", "regions-" + Path.GetFileName(log)), overwrite: true);
        Directory.Delete(_state, recursive: true);
    }

    private static int Number(string region) => Array.IndexOf(["us-east", "eu-west", "ap-south"], region);

    private static int FreeOffset()
    {
        for (var tries = 0; tries < 100; tries++)
        {
            var offset = Random.Shared.Next(100, 2600); // below the ports that the system takes for outgoing connections
            int[] first = [7440, 7500, 7501, 7511, 7521, 8080, 9080, 11111, 30000];
            if (Array.TrueForAll(first, port => IsFree(port + offset) && IsFree(port + offset + 1) && IsFree(port + offset + 2))) return offset;
        }

        throw new InvalidOperationException("No free ports for three regions.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
