using System.Reflection;
using System.Text;
using Xunit;

namespace E2EEvents.Testing;

/// <summary>
/// Compares what code makes with a file that a person has reviewed: <c>tests/(project)/Golden/(name)</c>. A difference is either a bug or
/// an intended change; the failure tells how to accept the latter.
/// </summary>
public static class Golden
{
    /// <summary>Set to 1 to write the golden files instead of comparing; the diff is then reviewed in git.</summary>
    public const string AcceptVariable = "E2E_ACCEPT_GOLDEN";

    /// <summary>Compares text.</summary>
    public static void Equal(string name, string actual) => Equal(name, Encoding.UTF8.GetBytes(actual));

    /// <summary>Compares bytes.</summary>
    public static void Equal(string name, ReadOnlySpan<byte> actual)
    {
        var assembly = Assembly.GetEntryAssembly()!.GetName().Name!;
        Equal(Repository.PathOf($"tests/{assembly["E2EEvents.".Length..]}/Golden/{name}"), name, actual);
    }

    /// <summary>Compares text with any reviewed file of the repository, such as a generated reference in docs.</summary>
    public static void EqualFile(string path, string actual) => Equal(Repository.PathOf(path), Path.GetFileName(path), Encoding.UTF8.GetBytes(actual));

    internal static void Equal(string path, string name, ReadOnlySpan<byte> actual)
    {
        if (Environment.GetEnvironmentVariable(AcceptVariable) == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, actual);
            return;
        }

        var expected = File.Exists(path) ? File.ReadAllBytes(path) : null;
        if (expected is not null && actual.SequenceEqual(expected)) return;
        var received = Artifacts.PathOf("golden", name);
        File.WriteAllBytes(received, actual);
        var golden = Path.GetRelativePath(Repository.Root, path);
        var what = expected is null
            ? $"{golden} does not exist yet."
            : $"The result differs from {golden} at byte {expected.AsSpan().CommonPrefixLength(actual)} (has {expected.Length} bytes, received {actual.Length}).";
        Assert.Fail($"""
            {what}
            Review:  git diff --no-index {golden} {Path.GetRelativePath(Repository.Root, received)}
            Accept an intended change (old readers must still cope with it):  {AcceptVariable}=1 dotnet test --project <this project>, then commit {golden}
            """);
    }
}
