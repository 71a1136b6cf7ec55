using System.Linq;
using E2EEvents.Connectors.Redis;
using E2EEvents.Testing.Logs;
using E2EEvents.Testing.Servers;
using StackExchange.Redis;

namespace E2EEvents.Connectors.Tests.Redis;

/// <summary>Against a real Redis, one for the class; every test has streams of its own.</summary>
public sealed partial class RedisStreamsTests(RedisServer server) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private readonly LogCapture _log = new();
    private readonly string _stream = $"s-{Guid.NewGuid():n}";
    private ConnectionMultiplexer _redis = null!;

    private IDatabase Database => _redis.GetDatabase();

    public async ValueTask InitializeAsync() => _redis = await RedisReading.ClientAsync(server.Endpoint);

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        _log.Dispose();
    }

    [Fact]
    public async Task Read_Entries_ComeInOrderWithPositionTimeAndToken()
    {
        await AddAsync(3);
        await using var reading = await RedisReading.BeginAsync(Connector());
        var record = await reading.NextAsync();
        var first = (await Database.StreamRangeAsync(_stream))[0];
        var id = RedisStreamId.Parse((string)first.Id!);
        Assert.Equal((_stream, 0L, """{"n":1}"""), (record.Partition, record.Incarnation, Records.Text(record.Data)));
        Assert.Equal(id.Ordinal, record.Ordinal);
        Assert.Equal((long)id.Milliseconds * 1000, record.OriginTime);
        Assert.Equal($$"""{"{{_stream}}":[0,"{{id}}",1]}""", record.Token.Value);
        Assert.Equal(["""{"n":2}""", """{"n":3}"""], await reading.NextAsync(2));
    }

    [Fact]
    public async Task Read_FieldsWithoutJson_AreAnObjectOfTexts()
    {
        await Database.StreamAddAsync(_stream, [new("matchId", "a"), new("minute", 23)]);
        await using var reading = await RedisReading.BeginAsync(Connector());
        await reading.NextIsAsync("""{"matchId":"a","minute":"23"}""");
    }

    [Fact]
    public async Task Read_ManyEntriesOfSeveralStreams_LosesNoneAndKeepsTheOrderOfEach()
    {
        var streams = new[] { _stream, _stream + "b", _stream + "c" };
        var writing = Task.Run(async () =>
        {
            var adding = new List<Task>();
            for (var i = 1; i <= 3_000; i++)
            {
                adding.Add(AddAsync(i, streams[i % 3]));
                if (i % 100 == 0) await Task.WhenAll(adding);
            }

            await Task.WhenAll(adding);
        });
        await using var reading = await RedisReading.BeginAsync(Connector(options => options.Streams = [.. streams]));
        var seen = streams.ToDictionary(stream => stream, _ => new List<string>());
        for (var i = 0; i < 3_000; i++)
        {
            var record = await reading.NextAsync();
            seen[record.Partition].Add(Records.Text(record.Data));
        }

        await writing;
        for (var s = 0; s < 3; s++)
        {
            Assert.Equal(Enumerable.Range(1, 3_000).Where(i => i % 3 == s).Select(i => $$"""{"n":{{i}}}"""), seen[streams[s]]);
        }
    }

    [Fact]
    public async Task Read_BigEntries_AreTakenInSmallReads()
    {
        var big = new string('x', 1024 * 1024);
        for (var i = 0; i < 20; i++) await Database.StreamAddAsync(_stream, "text", big + i);
        var connector = Connector();
        await using var reading = await RedisReading.BeginAsync(connector);
        for (var i = 0; i < 20; i++) Assert.EndsWith($"x{i}\"}}", Records.Text((await reading.NextAsync()).Data), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_AfterAToken_GoesOnBehindIt()
    {
        await AddAsync(5);
        ResumeToken token;
        await using (var before = await RedisReading.BeginAsync(Connector()))
        {
            await before.NextAsync(3);
            token = before.Last;
        }

        await using var reading = await RedisReading.BeginAsync(Connector(), token);
        await reading.NextIsAsync("""{"n":4}""");
        await reading.NextIsAsync("""{"n":5}""");
    }

    [Fact]
    public async Task Read_StreamAddedToTheOptions_BeginsWhileOthersGoOn()
    {
        await AddAsync(2);
        await AddAsync(7, _stream + "new");
        ResumeToken token;
        await using (var before = await RedisReading.BeginAsync(Connector()))
        {
            await before.NextAsync(2);
            token = before.Last;
        }

        await AddAsync(3, _stream);
        await using var reading = await RedisReading.BeginAsync(Connector(options => options.Streams = [_stream, _stream + "new"]), token);
        Assert.Equal(["""{"n":3}""", """{"n":7}"""], (await reading.NextAsync(2)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task From_NowWithoutCheckpoint_PassesOverWhatWasThereAndRemembersWhere()
    {
        await AddAsync(3);
        var connector = Connector(options => options.FirstStart = RedisStart.Now);
        ResumeToken token;
        await using (var reading = await RedisReading.BeginAsync(connector))
        {
            token = reading.Last;
            await AddAsync(4, _stream);
            await reading.NextIsAsync("""{"n":4}""");
        }

        // The mark holds the place: an entry added before the first record was stored is not passed over by a restart.
        await using var again = await RedisReading.BeginAsync(Connector(options => options.FirstStart = RedisStart.Now), token);
        await again.NextIsAsync("""{"n":4}""");
    }

    [Fact]
    public async Task From_Now_PassesOverWhatTheCheckpointHasNotSeenButNotAfterALostConnection()
    {
        await AddAsync(2);
        ResumeToken token;
        await using (var before = await RedisReading.BeginAsync(Connector()))
        {
            await before.NextAsync(1);
            token = before.Last;
        }

        var connector = Connector(options => options.From = RedisStart.Now);
        await using (var reading = await RedisReading.BeginAsync(connector, token))
        {
            await AddAsync(3, _stream);
            await reading.NextIsAsync("""{"n":3}""");
            token = reading.Last;
        }

        await AddAsync(4, _stream);
        await using var again = await RedisReading.BeginAsync(connector, token);
        await again.NextIsAsync("""{"n":4}""");
    }

    [Fact]
    public async Task From_Beginning_ReadsAllAgainWithTheSamePositions()
    {
        await AddAsync(2);
        ResumeToken token;
        byte[] ordinal;
        await using (var before = await RedisReading.BeginAsync(Connector()))
        {
            ordinal = (await before.NextAsync()).Ordinal!;
            await before.NextAsync();
            token = before.Last;
        }

        await using var reading = await RedisReading.BeginAsync(Connector(options => options.From = RedisStart.Beginning), token);
        var again = await reading.NextAsync();
        Assert.Equal((0L, """{"n":1}"""), (again.Incarnation, Records.Text(again.Data)));
        Assert.Equal(ordinal, again.Ordinal);
    }

    [Fact]
    public async Task Read_StreamThatIsNotThereYet_WaitsForIt()
    {
        await using var reading = await RedisReading.BeginAsync(Connector());
        await AddAsync(1);
        await reading.NextIsAsync("""{"n":1}""");
    }

    [Fact]
    public async Task Read_KeyOfAnotherType_Fails()
    {
        await Database.StringSetAsync(_stream, "x");
        var failure = await Assert.ThrowsAsync<RedisServerException>(() => RedisReading.BeginAsync(Connector()));
        Assert.Contains("WRONGTYPE", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_TokenOfAnotherConnector_Fails() =>
        await Assert.ThrowsAsync<FormatException>(() => RedisReading.BeginAsync(Connector(), new ResumeToken("pubsub")));

    private IConnector Connector(Action<RedisConnectorOptions>? change = null)
    {
        var options = new RedisConnectorOptions { Type = "Redis", Configuration = server.Endpoint, Streams = [_stream] };
        change?.Invoke(options);
        return RedisReading.Connector(options, _log);
    }

    private async Task AddAsync(int count)
    {
        for (var i = 1; i <= count; i++) await AddAsync(i, _stream);
    }

    private async Task AddAsync(int number, string stream) => await Database.StreamAddAsync(stream, "data", Event(number));

    private static string Event(int number) => $$"""{"n":{{number}}}""";
}
