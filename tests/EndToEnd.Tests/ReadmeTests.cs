using System.Diagnostics;
using System.Text.RegularExpressions;
using E2EEvents.Testing.Clients;
using E2EEvents.Testing.Processes;

namespace E2EEvents.EndToEnd;

/// <summary>What the README promises, done word for word.</summary>
public sealed partial class ReadmeTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task NewKind_TheTwoFilesOfTheReadme_IsServedOnEveryTransport()
    {
        var token = TestContext.Current.CancellationToken;
        using var copy = new Clone();
        var files = copy.WriteFilesOfReadme();
        Assert.Equal(["Grains.Interfaces/Kinds/Parking.cs", "Grains/Kinds/ParkingGrain.cs"], files);
        await copy.BuildAsync("Silo", token);

        await using var region = await TestRegion.StartAsync(token, silos: 0, root: copy.Root);
        var transcripts = new[] { new Transcript("parking/north", Delivery.Latest) };
        await using var sse = await SseClient.ConnectAsync(region.Gateway, transcripts, token);
        await region.Database.StreamAddAsync(TestRegion.Stream, "data", """{"topic":"parking/north","event":{"free":12,"at":"2026-03-14T15:00:00Z"}}""");
        await region.Database.StreamAddAsync(TestRegion.Stream, "data", """{"topic":"parking/north","event":{"free":-3,"at":"2026-03-14T15:01:00Z"}}""");
        await region.Database.StreamAddAsync(TestRegion.Stream, "data", """{"topic":"parking/north","event":{"free":9,"at":"2026-03-14T15:02:00Z"}}""");
        await transcripts[0].ReachesAsync(t => (int?)t.State?["free"] == 9, Soon);
        using var http = region.Http();
        Assert.Equal(9, (int)(await http.GetAsync("parking/north", token)).Envelope.State!["free"]!);
        using var operators = new HttpClient();
        Assert.Contains("-3 free places", await operators.GetStringAsync(new Uri(region.Gateways[0].OperationsUri, "dead-letters/parking"), token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_SeveralErrors_AreAllToldAndNothingStarts()
    {
        var token = TestContext.Current.CancellationToken;
        await using var gateway = new ProductProcess("EdgeGateway", new Dictionary<string, string>
        {
            ["Gateway:MaxConnections"] = "0",
            ["Gateway:Fanout:Heartbeat"] = "00:00:00",
            ["Cluster:Provider"] = "Redis",
            ["Gateway:TrustedProxies:0"] = "everywhere",
        });
        await gateway.LaunchAsync();
        Assert.Equal(1, await gateway.EndAsync(Soon));
        foreach (var part in (string[])["MaxConnections", "Heartbeat", "Cluster:Redis", "TrustedProxies"])
        {
            await Eventually.TrueAsync(() => gateway.Output.Tail.Contains(part, StringComparison.Ordinal), TimeSpan.FromSeconds(5), () => gateway.Output.Tail);
        }

        token.ThrowIfCancellationRequested();
    }

    /// <summary>The repository's files in a folder of their own.</summary>
    private sealed class Clone : IDisposable
    {
        public string Root { get; } = Directory.CreateTempSubdirectory("e2e-readme-").FullName;

        public Clone()
        {
            var source = Repository.PathOf(".");
            foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
            {
                var name = Path.GetRelativePath(source, file);
                if (Skipped().IsMatch(name.Replace('\\', '/') + "/")) continue;
                var target = Path.Combine(Root, name);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }

        /// <summary>Writes every code block of the README that begins with a file name.</summary>
        public List<string> WriteFilesOfReadme()
        {
            var written = new List<string>();
            foreach (Match block in CodeBlock().Matches(File.ReadAllText(Path.Combine(Root, "README.md"))))
            {
                File.WriteAllText(Path.Combine(Root, block.Groups["file"].Value), block.Groups["code"].Value);
                written.Add(block.Groups["file"].Value);
            }

            return written;
        }

        public async Task BuildAsync(string project, CancellationToken cancellationToken)
        {
            var start = new ProcessStartInfo("dotnet", ["build", project, "-c", Repository.Configuration, "-nodeReuse:false"])
            {
                WorkingDirectory = Root, RedirectStandardOutput = true,
            };
            using var build = Process.Start(start)!;
            var output = await build.StandardOutput.ReadToEndAsync(cancellationToken);
            await build.WaitForExitAsync(cancellationToken);
            Assert.True(build.ExitCode == 0, output);
        }

        public void Dispose() => Directory.Delete(Root, recursive: true);
    }

    [GeneratedRegex("(^|/)(bin|obj|artifacts|\\.git|\\.vs)/|^tests/")]
    private static partial Regex Skipped();

    [GeneratedRegex("```csharp\n// (?<file>\\S+\\.cs)\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
