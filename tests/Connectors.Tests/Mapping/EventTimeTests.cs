using E2EEvents.Connectors.Mapping;

namespace E2EEvents.Connectors.Tests.Mapping;

public sealed class EventTimeTests
{
    private const long Expected = 1_787_412_191_123_456; // 2026-08-22T15:23:11.123456Z

    [Theory]
    [InlineData("2026-08-22T15:23:11.123456Z", TimeUnit.Auto, Expected)]
    [InlineData("2026-08-22T17:23:11.123456+02:00", TimeUnit.Auto, Expected)]
    [InlineData("2026-08-22T15:23:11.123456", TimeUnit.Auto, Expected)]
    [InlineData("2026-08-22 15:23:11.123456", TimeUnit.Auto, Expected)]
    [InlineData("1787412191", TimeUnit.Auto, Expected - 123_456)]
    [InlineData("1787412191.123456", TimeUnit.Auto, Expected)]
    [InlineData("1787412191123", TimeUnit.Auto, Expected - 456)]
    [InlineData("1787412191123456", TimeUnit.Auto, Expected)]
    [InlineData("1787412191123456789", TimeUnit.Auto, Expected)]
    [InlineData("1.787412191123456E+15", TimeUnit.Auto, Expected)]
    [InlineData("5", TimeUnit.Milliseconds, 5_000)]
    [InlineData("5", TimeUnit.Microseconds, 5)]
    [InlineData("5000", TimeUnit.Nanoseconds, 5)]
    [InlineData("-1", TimeUnit.Seconds, -1_000_000)]
    public void TryRead_WhatOriginsWrite_GivesMicroseconds(string text, TimeUnit unit, long expected)
    {
        Assert.True(EventTime.TryRead(text, unit, out var microseconds, out var error), error);
        Assert.Equal(expected, microseconds);
    }

    [Theory]
    [InlineData("yesterday")]
    [InlineData("")]
    [InlineData("12:30")]
    [InlineData("22/08/2026")]
    [InlineData("79228162514264337593543950335")] // decimal's end
    [InlineData("1e27")]
    public void TryRead_Anything_ElseSaysWhatIsWrong(string text)
    {
        Assert.False(EventTime.TryRead(text, TimeUnit.Auto, out _, out var error));
        Assert.NotEmpty(error!);
    }

    [Fact]
    public void TryRead_NumberBeyondItsUnit_IsRefused() => Assert.False(EventTime.TryRead("1787412191123456", TimeUnit.Seconds, out _, out _));
}
