namespace E2EEvents.Testing;

/// <summary>Where tests leave what a person may want to look at: logs, screenshots, received golden files. Below <c>artifacts/</c>, never committed.</summary>
public static class Artifacts
{
    /// <summary>The folder: <c>artifacts/tests</c> at the root, or the one that <c>E2E_ARTIFACTS</c> names.</summary>
    public static string Folder { get; } = Environment.GetEnvironmentVariable("E2E_ARTIFACTS") is { Length: > 0 } given ? given : Repository.PathOf("artifacts");

    /// <summary>A path in the folder, whose folder exists; characters that file names should not have become <c>_</c>.</summary>
    public static string PathOf(string folder, string name)
    {
        var target = Path.Combine(Folder, folder);
        Directory.CreateDirectory(target);
        var safe = name.ToCharArray();
        for (var i = 0; i < safe.Length; i++)
        {
            if (!char.IsAsciiLetterOrDigit(safe[i]) && safe[i] is not ('.' or '-' or '_')) safe[i] = '_';
        }

        return Path.Combine(target, new string(safe, 0, Math.Min(safe.Length, 120)));
    }
}
