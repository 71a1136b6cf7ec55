using E2EEvents.Testing.Servers;

namespace E2EEvents.Testing.Tests.Servers;

public sealed class RealServerTests
{
    public static TheoryData<string> Kinds => ["redis", "mariadb", "postgres", "nats", "mosquitto", "nginx", "varnish"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Server_KilledStartedStoppedStarted_AnswersOnTheSamePort(string kind)
    {
        await using var server = Make(kind);
        await server.StartAsync(A.Token);
        var port = server.Port;
        var process = server.ProcessId;
        Assert.True(await server.AnswersAsync(A.Token));
        if (Environment.IsPrivilegedProcess) Assert.DoesNotContain("Uid:\t0\t", await File.ReadAllTextAsync($"/proc/{process}/status", A.Token), StringComparison.Ordinal);
        await server.KillAsync();
        await Assert.ThrowsAnyAsync<System.Net.Sockets.SocketException>(() => server.AnswersAsync(A.Token));
        await server.StartAsync(A.Token);
        Assert.NotEqual(process, server.ProcessId);
        await server.StopAsync();
        Assert.False(server.IsRunning);
        await server.StartAsync(A.Token);
        Assert.Equal(port, server.Port);
    }

    [Fact]
    public async Task Redis_KilledAfterAcknowledging_HasTheEntriesAfterRestart()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync(A.Token);
        Assert.StartsWith("+OK", await AskAsync(redis, "SET a 1\r\n"), StringComparison.Ordinal);
        await redis.KillAsync();
        await redis.StartAsync(A.Token);
        Assert.Equal("$1\r\n1\r\n", await AskAsync(redis, "GET a\r\n"));
    }

    [Fact]
    public async Task Server_ThatRefusesItsSettings_FailsAtOnceAndShowsWhatItSaid()
    {
        await using var redis = new RedisServer { Settings = ["--no-such-setting", "1"] };
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => redis.StartAsync(A.Token));
        Assert.Contains("exited with code 1", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Bad directive", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The signal "parent died" is tied to the thread that started a process: servers must not be started by threads that end.</summary>
    [Fact]
    public async Task Server_StartedFromAThreadThatEnds_LivesOn()
    {
        await using var redis = new RedisServer { Persistence = RedisPersistence.None };
        var starter = new Thread(() => redis.StartAsync(CancellationToken.None).GetAwaiter().GetResult());
        starter.Start();
        Assert.True(starter.Join(TimeSpan.FromSeconds(30)));
        Assert.True(await redis.AnswersAsync(A.Token));
        Assert.True(redis.IsRunning);
    }

    private static async Task<string> AskAsync(RedisServer redis, string command)
    {
        using var client = new System.Net.Sockets.TcpClient("127.0.0.1", redis.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(command), A.Token);
        var buffer = new byte[256];
        return System.Text.Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer, A.Token));
    }

    private static RealServer Make(string kind) => kind switch
    {
        "redis" => new RedisServer(),
        "mariadb" => new MariaDbServer(),
        "postgres" => new PostgresServer { Durable = true },
        "nats" => new NatsServer(),
        "mosquitto" => new MosquittoServer(),
        "nginx" => new NginxServer { OriginPort = 1 },
        _ => new VarnishServer { OriginPort = 1 },
    };
}
