namespace E2EEvents.Testing.Processes;

/// <summary>A tool of this solution below <c>tests/</c>, run to its end as a person would.</summary>
public static class ToolProcess
{
    /// <summary>Runs it.</summary>
    /// <param name="project">Folder below <c>tests/</c>.</param>
    /// <param name="arguments">Of the command line.</param>
    /// <param name="deadline">Longest run.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>The last lines it wrote, 200 at most.</returns>
    /// <exception cref="TimeoutException">It did not end in time (it is killed); shows its last lines.</exception>
    public static async Task<string[]> RunAsync(string project, IEnumerable<string> arguments, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var folder = Repository.PathOf($"tests/{project}/bin/{Repository.Configuration}/net10.0");
        using var output = new OutputLog(Artifacts.PathOf("logs", $"{project}-{Guid.NewGuid():N}.log"));
        await using var process = await ChildProcess.StartAsync(
            project, "dotnet", [Path.Combine(folder, $"E2EEvents.{project}.dll"), .. arguments], null, folder, output, new Dictionary<string, string>());
        await using var killing = cancellationToken.Register(() => process.Signal(ProcessLauncher.SigKill));
        await process.EndAsync(deadline);
        return output.Tail.Split('\n');
    }
}
