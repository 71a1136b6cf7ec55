using System.Linq;
using CsCheck;
using E2EEvents.Connectors.Redis;

namespace E2EEvents.Connectors.Tests.Redis;

public sealed class StreamPositionsTests
{
    private static readonly Gen<(string Name, StreamPosition Position)> GenStream = Gen.Select(
        Gen.String[1, 20], Gen.Long, Gen.ULong, Gen.ULong, Gen.Long, (name, incarnation, ms, number, count) => (name, new StreamPosition(incarnation, new RedisStreamId(ms, number), count)));

    [Fact]
    public void ToToken_AnyPositions_ReadsBackTheSame() => GenStream.Array[0, 5].Sample(streams =>
    {
        var positions = new StreamPositions(null);
        // Half of a surrogate pair is no text, and no key that Redis could have been given.
        foreach (var (name, position) in streams.Where(stream => IsText(stream.Name))) positions[name] = position;
        var read = new StreamPositions(positions.ToToken());
        Assert.Equal(positions.ToToken(), read.ToToken());
        foreach (var (name, _) in streams.Where(stream => IsText(stream.Name))) Assert.Equal(positions[name], read[name]);
    });

    [Fact]
    public void ToToken_Format_IsReadByLaterVersions()
    {
        var positions = new StreamPositions(new ResumeToken("""{"a":[0,"1-2",3],"b\"":[1787412191,"18446744073709551615-0",-1]}"""));
        Assert.Equal(new StreamPosition(0, new RedisStreamId(1, 2), 3), positions["a"]);
        Assert.Equal(new StreamPosition(1787412191, new RedisStreamId(ulong.MaxValue, 0), -1), positions["b\""]);
        positions["a"] = positions["a"].Next(new RedisStreamId(1, 3));
        Assert.Equal("""{"a":[0,"1-3",4],"b\u0022":[1787412191,"18446744073709551615-0",-1]}""", positions.ToToken().Value);
    }

    [Theory]
    [InlineData("pubsub")]
    [InlineData("[]")]
    [InlineData("""{"a":5}""")]
    [InlineData("""{"a":[1]}""")]
    [InlineData("""{"a":[1,"x",1]}""")]
    [InlineData("""{"a":["1","1-1",1]}""")]
    public void Read_TokenOfAnotherConnector_IsRefused(string token) => Assert.Throws<FormatException>(() => new StreamPositions(new ResumeToken(token)));

    [Theory]
    [InlineData("0-0")]
    [InlineData("1787412191000-5")]
    [InlineData("18446744073709551615-18446744073709551615")]
    public void Id_Text_ReadsBackTheSame(string text) => Assert.Equal(text, RedisStreamId.Parse(text).ToString());

    [Fact]
    public void Ordinal_AnyTwoIds_OrdersAsTheIdsDo() => Gen.Select(Gen.ULong, Gen.ULong, Gen.ULong[0, 2], Gen.ULong[0, 2]).Sample((a, b, x, y) =>
    {
        var (left, right) = (new RedisStreamId(x == 0 ? a : x, b), new RedisStreamId(y == 0 ? a : y, a));
        Assert.Equal(Math.Sign(left.CompareTo(right)), Math.Sign(left.Ordinal.AsSpan().SequenceCompareTo(right.Ordinal)));
    });

    [Theory]
    [InlineData(1787412191123, 1787412191123000)]
    [InlineData(5, 0)] // no time: numbered by hand
    [InlineData(ulong.MaxValue, 0)]
    public void OriginTime_Id_IsItsTimeIfItLooksLikeOne(ulong milliseconds, long expected) => Assert.Equal(expected, new RedisStreamId(milliseconds, 0).OriginTime);

    private static bool IsText(string name)
    {
        try
        {
            _ = new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(name);
            return true;
        }
        catch (System.Text.EncoderFallbackException)
        {
            return false;
        }
    }
}
