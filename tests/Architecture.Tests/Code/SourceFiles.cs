using System.Linq;

namespace E2EEvents.Architecture.Tests.Code;

/// <summary>The files of the working copy, without what builds and tests make.</summary>
internal static class SourceFiles
{
    private static readonly string[] Made = ["bin", "obj", "artifacts", ".git", ".vs", ".idea", "node_modules", "TestResults", "BenchmarkDotNet.Artifacts"];

    /// <summary>Paths relative to the root, with <c>/</c>.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Walk(Repository.Root).Select(path => Path.GetRelativePath(Repository.Root, path).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Code => All.Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<string> CodeIn(string folder) => Code.Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal));

    public static string Read(string path) => File.ReadAllText(Repository.PathOf(path));

    private static IEnumerable<string> Walk(string folder) =>
        Directory.EnumerateFiles(folder).Concat(Directory.EnumerateDirectories(folder).Where(sub => !Made.Contains(Path.GetFileName(sub))).SelectMany(Walk));
}
