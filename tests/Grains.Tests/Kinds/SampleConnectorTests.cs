using System.Linq;
using System.Text.Json;
using E2EEvents.Connectors;
using E2EEvents.Connectors.Sample;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Grains.Tests.Kinds;

public sealed class SampleConnectorTests
{
    private static readonly DateTimeOffset Now = new(2026, 8, 15, 14, 0, 0, TimeSpan.Zero);
    private static readonly SampleStep[] FirstRound = new SampleFeed(1, Now).Round(0);

    private readonly FakeTimeProvider _time = new(Now);

    [Fact]
    public async Task ReadAsync_FirstStart_PlaysTheFeedAtTheChosenSpeed()
    {
        await using var reading = Read(new SampleOptions { Speed = 30 });
        Assert.True(await reading.MoveNextAsync());
        var gap = Array.FindIndex(FirstRound, step => step.Offset > FirstRound[0].Offset + TimeSpan.FromSeconds(1));
        for (var i = 1; i < gap; i++) await Step(reading);
        var next = reading.MoveNextAsync().AsTask();
        _time.Advance(Now + ((FirstRound[gap].Offset - FirstRound[0].Offset) / 30) - _time.GetUtcNow() - TimeSpan.FromMilliseconds(2));
        Assert.False(next.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(4));
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(FirstRound[gap].Encode(), reading.Current.Data);
    }

    [Fact]
    public async Task ReadAsync_EachRecord_TellsItsPlaceAndTime()
    {
        await using var reading = Read(new SampleOptions());
        for (var i = 0; i < 300; i++)
        {
            await Step(reading);
            var record = reading.Current;
            Assert.Equal(FirstRound[i].Topic.Kind, record.Partition);
            Assert.Equal(Sequence.OrdinalOf((ulong)i), record.Ordinal);
            Assert.Equal(Now.ToUnixTimeSeconds(), record.Incarnation);
            Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds() * 1000, record.OriginTime - (record.OriginTime % 1000));
            Assert.Null(record.EventId);
            using var data = JsonDocument.Parse(record.Data);
            Assert.Equal(FirstRound[i].Topic.ToString(), data.RootElement.GetProperty("topic").GetString());
        }
    }

    [Fact]
    public async Task ReadAsync_AfterAnyToken_GoesOnAsWithoutTheBreak()
    {
        var (tokens, data) = (new List<ResumeToken>(), new List<byte[]>());
        await using (var reading = Read(new SampleOptions { Speed = 100_000 }))
        {
            for (var i = 0; i < 9000; i++) // into the second round
            {
                await Step(reading);
                tokens.Add(reading.Current.Token);
                data.Add(reading.Current.Data);
            }
        }

        _time.Advance(TimeSpan.FromDays(3)); // the connector was away meanwhile
        foreach (var at in new[] { 0, 1, 4321, FirstRound.Length - 1, FirstRound.Length, 8900 })
        {
            await using var resumed = Read(new SampleOptions { Speed = 100_000 }, tokens[at]);
            for (var i = at + 1; i < at + 50; i++)
            {
                await Step(resumed);
                Assert.Equal(data[i], resumed.Current.Data);
                Assert.Equal(tokens[i], resumed.Current.Token);
            }
        }
    }

    [Fact]
    public async Task ReadAsync_ReaderPausesForAnHour_GoesOnWithoutABurst()
    {
        await using var reading = Read(new SampleOptions());
        for (var i = 0; i < 200; i++) await Step(reading);
        _time.Advance(TimeSpan.FromHours(1));
        var resumedAt = _time.GetUtcNow();
        for (var i = 0; i < 500; i++) await Step(reading);
        var expected = (FirstRound[699].Offset - FirstRound[200].Offset) / SampleFeed.NominalSpeed;
        Assert.InRange(_time.GetUtcNow() - resumedAt, expected * 0.95, expected * 1.05);
    }

    [Fact]
    public async Task ReadAsync_ReaderIsABitSlow_KeepsThePace()
    {
        await using var reading = Read(new SampleOptions());
        await Step(reading);
        for (var i = 0; i < 400; i++)
        {
            if (i % 10 == 0) _time.Advance(TimeSpan.FromMilliseconds(100));
            await Step(reading);
        }

        var expected = (FirstRound[400].Offset - FirstRound[0].Offset) / SampleFeed.NominalSpeed;
        Assert.InRange(_time.GetUtcNow() - Now, expected - TimeSpan.FromMilliseconds(1), expected + TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public async Task ReadAsync_ChosenKinds_PlaysThoseOnlyUnderTheSameOrdinals()
    {
        await using var reading = Read(new SampleOptions { Kinds = ["match", "news"] });
        foreach (var step in FirstRound.Where(step => step.Topic.Kind is "match" or "news").Take(40))
        {
            await Step(reading);
            Assert.Equal(Sequence.OrdinalOf(step.Place.Ordinal), reading.Current.Ordinal);
        }
    }

    [Fact]
    public async Task ReadAsync_SecondTryWithoutCheckpoint_IsTheSameIncarnation()
    {
        var connector = new SampleConnector("sample", new SampleOptions(), _time);
        var incarnations = new HashSet<long>();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            await using var reading = connector.ReadAsync(null, CancellationToken.None).GetAsyncEnumerator();
            await reading.MoveNextAsync();
            incarnations.Add(reading.Current.Incarnation);
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal([Now.ToUnixTimeSeconds()], incarnations);
    }

    [Theory]
    [InlineData(-60, 0, "5:7")]  // the checkpoint's feed is the newer one: it goes on
    [InlineData(0, 0, "5:7")]
    [InlineData(60, 60, "0:0")] // a new life
    public async Task ReadAsync_StartAtAndCheckpoint_TheLaterWins(int startAfterCheckpoint, int incarnationAfterCheckpoint, string firstPlace)
    {
        var known = Now.ToUnixTimeSeconds();
        await using var reading = Read(new SampleOptions { StartAt = Now.AddSeconds(startAfterCheckpoint) }, new ResumeToken($"{known}:5:6"));
        await Step(reading);
        Assert.Equal(new ResumeToken($"{known + incarnationAfterCheckpoint}:{firstPlace}"), reading.Current.Token);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5:6")]
    [InlineData("1:2:x")]
    [InlineData("1:-2:3")]
    [InlineData("1:2:1048576")]
    public async Task ReadAsync_ForeignCheckpoint_SaysSo(string token)
    {
        await using var reading = Read(new SampleOptions(), new ResumeToken(token));
        var error = await Assert.ThrowsAsync<FormatException>(async () => await reading.MoveNextAsync());
        Assert.Contains($"'{token}'", error.Message);
    }

    [Fact]
    public async Task ReadAsync_Cancelled_EndsAtOnce()
    {
        using var stop = new CancellationTokenSource();
        await using var reading = new SampleConnector("sample", new SampleOptions { Speed = 0.1 }, _time).ReadAsync(null, stop.Token).GetAsyncEnumerator();
        Task<bool> next;
        do next = reading.MoveNextAsync().AsTask();
        while (next.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(TimeSpan.FromSeconds(5)));
    }

    [Fact]
    public void Options_Wrong_SayEverythingAtOnce()
    {
        var result = new SampleOptionsValidator().Validate("sample", new SampleOptions { Type = "Sample", Speed = 0, Kinds = ["match", "chess"] });
        Assert.True(result.Failed);
        Assert.Contains(result.Failures, failure => failure.Contains(nameof(SampleOptions.Speed)));
        Assert.Contains(result.Failures, failure => failure.Contains("'chess'"));
        Assert.True(new SampleOptionsValidator().Validate("sample", new SampleOptions { Type = "Sample", Kinds = [.. SampleConnector.AllKinds] }).Succeeded);
    }

    private IAsyncEnumerator<SourceRecord> Read(SampleOptions options, ResumeToken? after = null) =>
        new SampleConnector("sample", options, _time).ReadAsync(after, CancellationToken.None).GetAsyncEnumerator();

    /// <summary>The next record; the clock goes on only as far as it is waited for.</summary>
    private async Task Step(IAsyncEnumerator<SourceRecord> reading)
    {
        var next = reading.MoveNextAsync().AsTask();
        while (!next.IsCompleted) _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(await next);
    }
}
