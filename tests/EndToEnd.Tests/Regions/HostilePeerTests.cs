using System.Buffers.Binary;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using E2EEvents.Testing.Certificates;
using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Regions;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>Peers at <c>/link</c> that lie, babble or ask for too much: refused or bounded, logged once, and nobody else feels it.</summary>
[Collection(StarCollection.Name)]
public sealed class HostilePeerTests(StarWorld star)
{
    private const int Times = 5;

    private TestWorld World => star.World;

    private ProductProcess Gateway => World.Home.Gateways[0];

    private int Port => World.LinkPort(StarWorld.Home);

    [Fact]
    public async Task RogueCertificates_AreRefusedAndLoggedOnce()
    {
        var token = TestContext.Current.CancellationToken;
        using var rogues = new TestCertificates();
        using var rogue = rogues.Make("eu-west.region");
        using var serverOnly = World.Certificates.Make("eu-west.region", isClient: false);
        using var nameless = World.Certificates.Make(null);
        using var expired = World.Certificates.Make("eu-west.region", age: TimeSpan.FromDays(500));
        await using var checker = await UnaffectedAsync("rogue");
        var before = Refusals().Count;
        foreach (var certificate in new[] { rogue, serverOnly, nameless, expired, null })
        {
            for (var i = 0; i < Times; i++) await AssertRefusedAsync(certificate, token);
        }

        await checker.SettledAsync();
        AssertLoggedOnce(before, atMost: 6);
    }

    [Fact]
    public async Task WrongRegionInHello_IsRefusedAndLoggedOnce()
    {
        var token = TestContext.Current.CancellationToken;
        using var edge = World.Certificates.Make("eu-west.region");
        using var unknown = World.Certificates.Make("mars.region");
        await using var checker = await UnaffectedAsync("impostor");
        var before = Refusals().Count;
        for (var i = 0; i < Times; i++)
        {
            await using var impostor = await RawLink.OpenAsync(Port, edge, StarWorld.OtherEdge, token);
            Assert.True(await impostor.IsEndedByPeerAsync(token));
            await using var alien = await RawLink.OpenAsync(Port, unknown, "mars", token);
            Assert.True(await alien.IsEndedByPeerAsync(token));
        }

        await checker.SettledAsync();
        AssertLoggedOnce(before, atMost: 2);
    }

    [Fact]
    public async Task GarbageFrames_EndThatLinkOnly()
    {
        var token = TestContext.Current.CancellationToken;
        using var edge = World.Certificates.Make("eu-west.region");
        await using var checker = await UnaffectedAsync("garbage");
        var random = new Random(1);
        byte[][] ending =
        [
            [],
            [(byte)LinkFrameType.Sub, 0xff, 0xff, 0xff, 0xff, 0x07], // a list that says it has two thousand million items
            [(byte)LinkFrameType.Sub, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x07], // a text of 2 GB
            [(byte)LinkFrameType.Ack],
            [(byte)LinkFrameType.Call, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ];
        foreach (var frame in ending)
        {
            await using var link = await RawLink.OpenAsync(Port, edge, StarWorld.Edge, token);
            await link.SendAsync(frame, token);
            Assert.True(await link.IsEndedByPeerAsync(token), Convert.ToHexString(frame));
        }

        for (var i = 0; i < 20; i++)
        {
            // Whatever its type says: the gateway lives, and so does everybody else's link.
            await using var link = await RawLink.OpenAsync(Port, edge, StarWorld.Edge, token);
            var frame = new byte[random.Next(1, 4000)];
            random.NextBytes(frame);
            await link.SendAsync(frame, token);
        }

        await checker.SettledAsync();
    }

    [Fact]
    public async Task FrameOfTwoGigabytes_IsCutOffBeforeItCostsMemory()
    {
        var token = TestContext.Current.CancellationToken;
        using var edge = World.Certificates.Make("eu-west.region");
        await using var checker = await UnaffectedAsync("giant");
        var before = Memory();

        await using (var endless = await RawLink.OpenAsync(Port, edge, StarWorld.Edge, token))
        {
            Assert.True(await EndsWhileSendingAsync(endless, token), "A message without end was taken.");
        }

        using (var tcp = await AnnounceAsync(edge, 2L << 30, token))
        {
            var stream = tcp.Stream;
            var part = new byte[64 << 10];
            var sent = 0L;
            try
            {
                for (; sent < 64 << 20; sent += part.Length) await stream.WriteAsync(part, token);
            }
            catch (IOException)
            {
                // Cut off, as it should be.
            }

            Assert.InRange(sent, 0, 32 << 20);
        }

        await checker.SettledAsync();
        Assert.InRange(Memory(), 0, before + (100 << 20));
    }

    [Theory]
    [InlineData("unknown-kind")]
    [InlineData("ticker")]
    public async Task TenThousandSubsOfUnknownTopics_AreRefusedOrBounded(string kind)
    {
        const int Subs = 10_000;
        var token = TestContext.Current.CancellationToken;
        using var edge = World.Certificates.Make("eu-west.region");
        await using var checker = await UnaffectedAsync("subs-" + kind);
        var before = Memory();
        var problems = Logged(" warn: ").Count;
        await using (var link = await RawLink.OpenAsync(Port, edge, StarWorld.Edge, token))
        {
            for (var at = 0; at < Subs; at += 500)
            {
                var subs = new List<LinkSub>();
                for (var i = at; i < at + 500; i++) subs.Add(new LinkSub(i + 1, $"{kind}/nobody-{i}", null));
                await link.SendAsync(LinkFrames.Sub(subs), token);
            }

            link.Ping();
            var answered = 0;
            await link.ReadAsync(frame => (answered += Answers(frame)) >= Subs, token);
            Assert.Equal(Subs, answered);
            await checker.CaughtUpAsync(StarWorld.OtherEdge, TimeSpan.FromSeconds(10));
            TestContext.Current.SendDiagnosticMessage("{0} SUBs of {1}: memory of home's gateway {2:0} -> {3:0} MiB.", Subs, kind, before / 1048576.0, Memory() / 1048576.0);
            Assert.InRange(Memory(), 0, before + (150 << 20));
        }

        await checker.SettledAsync();
        Assert.InRange(Logged(" warn: ").Count - problems, 0, 5); // not a line for each
    }

    /// <summary>Load, and clients at home and behind another link, who must not notice.</summary>
    private async Task<WorldChecker> UnaffectedAsync(string prefix)
    {
        var checker = await WorldChecker.StartAsync(World, prefix, topics: 4);
        checker.Watch(StarWorld.Home, StarWorld.Edge, StarWorld.OtherEdge);
        checker.StartLoad(perTopic: 10);
        foreach (var client in checker.Clients) await client.News[0].ReachesAsync(5, WorldChecker.Soon);
        checker.ExpectUndisturbed();
        return checker;
    }

    private async Task AssertRefusedAsync(X509Certificate2? certificate, CancellationToken cancellationToken)
    {
        // With TLS 1.3 the refusal of a certificate arrives after the handshake, so that either the upgrade fails or the connection ends.
        try
        {
            await using var link = await RawLink.OpenAsync(Port, certificate!, StarWorld.Edge, cancellationToken);
            Assert.True(await link.IsEndedByPeerAsync(cancellationToken));
        }
        catch (WebSocketException)
        {
            // Refused.
        }
    }

    private static int Answers(byte[] frame)
    {
        var reader = new LinkReader(frame);
        return reader.Type switch
        {
            LinkFrameType.Taken => reader.Taken().Count,
            LinkFrameType.Refused => 1,
            _ => 0,
        };
    }

    private static async Task<bool> EndsWhileSendingAsync(RawLink link, CancellationToken cancellationToken)
    {
        var part = new byte[64 << 10];
        part[0] = (byte)LinkFrameType.Sub;
        try
        {
            for (var i = 0; i < 256; i++) await link.SendAsync(part, cancellationToken, isEnd: false);
        }
        catch (WebSocketException)
        {
            return true;
        }

        return await link.IsEndedByPeerAsync(cancellationToken);
    }

    /// <summary>Upgrades by hand and sends the head of one binary WebSocket frame of <paramref name="length"/> bytes.</summary>
    private async Task<TlsConnection> AnnounceAsync(X509Certificate2 certificate, long length, CancellationToken cancellationToken)
    {
        var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", Port, cancellationToken);
        var stream = new SslStream(client.GetStream(), false, (_, server, _, _) => RawLink.IsHome(server));
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "us-east.region", ClientCertificates = [certificate] }, cancellationToken);
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes("GET /link HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"), cancellationToken);
        var answer = new byte[1024];
        var read = await stream.ReadAsync(answer, cancellationToken);
        Assert.StartsWith("HTTP/1.1 101", Encoding.ASCII.GetString(answer, 0, read), StringComparison.Ordinal);
        await SendMaskedAsync(stream, LinkFrames.Hello(new LinkHello(LinkFrames.Version, StarWorld.Edge, "test", 0)), -1, cancellationToken);
        await SendMaskedAsync(stream, [(byte)LinkFrameType.Sub], length, cancellationToken);
        return new TlsConnection(client, stream);
    }

    private static async Task SendMaskedAsync(SslStream stream, byte[] payload, long announced, CancellationToken cancellationToken)
    {
        var head = new byte[14]; // mask 0: the payload is as it is
        (head[0], head[1]) = (0x82, 0xff);
        BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(2), announced < 0 ? payload.Length : announced);
        if (announced < 0 && payload.Length < 126)
        {
            head = [0x82, (byte)(0x80 | payload.Length), 0, 0, 0, 0];
        }

        await stream.WriteAsync(head, cancellationToken);
        await stream.WriteAsync(payload, cancellationToken);
    }

    private List<string> Refusals() => Logged(" warn: ", "LinkEndpoint[").ConvertAll(line => line[(line.IndexOf(']', StringComparison.Ordinal) + 1)..]);

    /// <summary>Lines of the gateway's log that hold all of the words.</summary>
    private List<string> Logged(params string[] words)
    {
        var lines = new List<string>();
        using var reader = new StreamReader(new FileStream(Gateway.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            if (Array.TrueForAll(words, word => line.Contains(word, StringComparison.Ordinal))) lines.Add(line);
        }

        return lines;
    }

    private void AssertLoggedOnce(int before, int atMost)
    {
        var lines = Refusals()[before..];
        Assert.InRange(lines.Count, 1, atMost);
        Assert.Equal(lines.Count, new HashSet<string>(lines).Count);
    }

    private long Memory()
    {
        foreach (var line in File.ReadLines($"/proc/{Gateway.ProcessId}/status"))
        {
            if (line.StartsWith("VmRSS:", StringComparison.Ordinal)) return long.Parse(line.AsSpan(6).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) << 10;
        }

        throw new InvalidOperationException("The gateway has no VmRSS.");
    }

    private sealed record TlsConnection(TcpClient Client, SslStream Stream) : IDisposable
    {
        public void Dispose()
        {
            Stream.Dispose();
            Client.Dispose();
        }
    }
}
