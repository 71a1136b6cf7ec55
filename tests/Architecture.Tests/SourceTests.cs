using System.Linq;
using E2EEvents.Architecture.Tests.Code;

namespace E2EEvents.Architecture.Tests;

public sealed class SourceTests
{
    private const int MaxLines = 300;

    /// <summary>Files that may be longer, and why.</summary>
    private static readonly Dictionary<string, string> MayBeLonger = [];

    /// <summary>Text that belongs to one machine. Written in two halves, so that this file does not hold it.</summary>
    private static readonly string[] MachineText = ["/" + "work/", "/" + "tmp/w/", "/home" + "/", "/root" + "/", "/Us" + "ers/", "C:" + "\\\\", "file:" + "///", "\\\\Us" + "ers\\\\"];

    private static readonly string[] Binary = [".png", ".jpg", ".ico", ".woff2", ".gz", ".zip", ".pdf", ".dll", ".snk", ".bin"];

    [Fact]
    public void CodeFiles_Length_IsAtMost300Lines()
    {
        var tooLong = SourceFiles.Code.Where(path => !MayBeLonger.ContainsKey(path)).Select(path => (path, lines: File.ReadLines(Repository.PathOf(path)).Count())).Where(file => file.lines > MaxLines);
        Offenders.None($"A file has at most {MaxLines} lines, or a reason in {nameof(MayBeLonger)}", tooLong.Select(file => $"{file.path}: {file.lines} lines"));
        Offenders.None($"{nameof(MayBeLonger)} names files that exist", MayBeLonger.Keys.Except(SourceFiles.Code));
    }

    [Fact]
    public void TextFiles_All_AreFreeOfMachinePaths()
    {
        var found = SourceFiles.All
            .Where(path => !Binary.Contains(Path.GetExtension(path)))
            .SelectMany(path => MachineText.Where(text => SourceFiles.Read(path).Contains(text, StringComparison.Ordinal)).Select(text => $"{path} holds {text}"));
        Offenders.None("The repository knows no machine", found);
    }
}
