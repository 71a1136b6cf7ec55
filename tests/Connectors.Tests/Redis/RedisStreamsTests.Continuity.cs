using E2EEvents.Connectors.Redis;
using StackExchange.Redis;

namespace E2EEvents.Connectors.Tests.Redis;

/// <summary>Streams that were deleted, went back or were trimmed.</summary>
public sealed partial class RedisStreamsTests
{
    private const int Reset = 2051;
    private const int Lost = 2052;

    [Fact]
    public async Task Read_StreamDeletedWhileReading_IsReadAnewAsAHigherIncarnation()
    {
        _log.Expect(Reset);
        for (var i = 1; i <= 5; i++) await Database.StreamAddAsync(_stream, "data", Event(i), messageId: $"{i}-0");
        await using var reading = await RedisReading.BeginAsync(Connector());
        await reading.NextAsync(5);
        await Database.KeyDeleteAsync(_stream);
        for (var i = 1; i <= 2; i++) await Database.StreamAddAsync(_stream, "data", Event(10 + i), messageId: $"{i}-0");
        var record = await reading.NextAsync();
        Assert.Equal("""{"n":11}""", Records.Text(record.Data));
        Assert.True(record.Incarnation > 1_700_000_000, "a rising number that needs no memory");
        Assert.Equal(Sequence.OrdinalOf(1, 0), record.Ordinal);
        await reading.NextIsAsync("""{"n":12}""");
        Assert.True(_log.Has(Reset));
    }

    [Fact]
    public async Task Read_StreamDeletedWhileDownAndAlreadyBeyondTheCheckpoint_IsReadAnew()
    {
        _log.Expect(Reset);
        for (var i = 1; i <= 5; i++) await Database.StreamAddAsync(_stream, "data", Event(i), messageId: $"{i}-0");
        ResumeToken token;
        await using (var before = await RedisReading.BeginAsync(Connector()))
        {
            await before.NextAsync(3);
            token = before.Last;
        }

        await Database.KeyDeleteAsync(_stream);
        await Database.StreamAddAsync(_stream, "data", Event(11), messageId: "1-0");
        await Database.StreamAddAsync(_stream, "data", Event(12), messageId: "9-0");
        await using var reading = await RedisReading.BeginAsync(Connector(), token);
        Assert.Equal([Event(11), Event(12)], await reading.NextAsync(2));
    }

    [Fact]
    public async Task Read_StreamDeletedAndFilledWithLaterIds_GoesOnInTheSameIncarnation()
    {
        await AddAsync(5);
        await using var reading = await RedisReading.BeginAsync(Connector());
        await reading.NextAsync(5);
        await Database.KeyDeleteAsync(_stream);
        await AddAsync(6, _stream);
        var record = await reading.NextAsync();
        Assert.Equal((0L, Event(6)), (record.Incarnation, Records.Text(record.Data)));
        Assert.False(_log.Has(Reset));
    }

    [Fact]
    public async Task WhenReset_Continue_PassesOverWhatIsThere()
    {
        _log.Expect(Reset);
        for (var i = 1; i <= 5; i++) await Database.StreamAddAsync(_stream, "data", Event(i), messageId: $"{i}-0");
        ResumeToken token;
        await using (var before = await RedisReading.BeginAsync(Connector()))
        {
            await before.NextAsync(5);
            token = before.Last;
        }

        // A failover: the new primary never got the last two entries.
        await Database.KeyDeleteAsync(_stream);
        for (var i = 1; i <= 3; i++) await Database.StreamAddAsync(_stream, "data", Event(i), messageId: $"{i}-0");
        await using var reading = await RedisReading.BeginAsync(Connector(options => options.WhenReset = RedisReset.Continue), token);
        await Database.StreamAddAsync(_stream, "data", Event(14), messageId: "4-0");
        var record = await reading.NextAsync();
        Assert.Equal(Event(14), Records.Text(record.Data));
        Assert.True(record.Incarnation > 0, "or topics would take it for entry 4 of before");
    }

    [Fact]
    public async Task Read_EntriesTrimmedBeforeTheyWereRead_SaysHowMany()
    {
        _log.Expect(Lost);
        await AddAsync(3);
        ResumeToken token;
        await using (var before = await RedisReading.BeginAsync(Connector()))
        {
            await before.NextAsync(3);
            token = before.Last;
        }

        await AddAsync(10);
        await Database.StreamTrimAsync(_stream, 4);
        await using var reading = await RedisReading.BeginAsync(Connector(), token);
        await reading.NextIsAsync(Event(7));
        Assert.Contains("up to 6 entries", Assert.Single(_log.Lines, line => line.Id.Id == Lost).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Read_EntriesTrimmedAfterTheyWereRead_SaysNothing()
    {
        await AddAsync(10);
        await using var reading = await RedisReading.BeginAsync(Connector());
        await reading.NextAsync(10);
        await Database.StreamTrimAsync(_stream, 1);
        var token = reading.Last;
        await AddAsync(1);
        await reading.NextIsAsync(Event(1));
        await using var again = await RedisReading.BeginAsync(Connector(), token);
        await again.NextIsAsync(Event(1));
        Assert.False(_log.Has(Lost));
    }
}
