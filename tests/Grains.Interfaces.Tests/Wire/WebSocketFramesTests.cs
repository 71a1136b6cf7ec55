using System.Buffers.Binary;
using System.Text;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

public sealed class WebSocketFramesTests
{
    [Theory]
    [InlineData(0, "8100")]
    [InlineData(125, "817d")]
    [InlineData(126, "817e007e")]
    [InlineData(65_535, "817effff")]
    [InlineData(65_536, "817f0000000000010000")]
    public void Text_AnyLength_HasTheShortestHeader(int length, string header)
    {
        var frame = WebSocketFrames.Text(new byte[length]);
        Assert.Equal(header, Convert.ToHexStringLower(frame.AsSpan(0, frame.Length - length)));
        Assert.Equal(header.Length / 2, WebSocketFrames.HeaderBytes(length));
    }

    [Fact]
    public void Ping_IsFinalUnmaskedAndEmpty() => Assert.Equal([0x89, 0x00], WebSocketFrames.Ping.ToArray());

    [Fact]
    public void Compressed_HasTheFirstReservedBit() => Assert.Equal([0xc1, 0x02, 7, 8], WebSocketFrames.Compressed([7, 8]));

    [Fact]
    public void Pong_CarriesThePayloadOfThePing() => Assert.Equal([0x8a, 0x02, 7, 8], WebSocketFrames.Pong([7, 8]));

    [Theory]
    [InlineData("", "8800")]
    [InlineData("03e8", "880203e8")]
    [InlineData("03e9616263", "880203e9")] // 1001 with a reason
    [InlineData("0fa1", "88020fa1")] // 4001
    [InlineData("03", null)]
    [InlineData("03e7", null)] // 999
    [InlineData("03ed", null)] // 1005 is for "none", never sent
    [InlineData("03ee", null)] // 1006
    [InlineData("03f7", null)] // 1015
    [InlineData("1388", null)] // 5000
    public void CloseReply_AnyPayload_CarriesTheCodeAloneIfItMayBeSent(string payload, string? expected) =>
        Assert.Equal(expected, WebSocketFrames.CloseReply(Convert.FromHexString(payload)) is { } reply ? Convert.ToHexStringLower(reply) : null);

    [Fact]
    public void Close_EveryReason_FitsAControlFrameAndSaysIt()
    {
        foreach (var reason in CloseReason.All)
        {
            var frame = WebSocketFrames.Close(reason);
            Assert.Equal(0x88, frame[0]);
            Assert.InRange(frame[1], 2, 125);
            Assert.Equal(frame.Length - 2, frame[1]);
            Assert.Equal(reason.Code, BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(2)));
            Assert.Equal($"{reason.Name}: {reason.Text}", Encoding.UTF8.GetString(frame.AsSpan(4)));
        }
    }

    [Fact]
    public void All_Reasons_HaveCodesOfTheirOwnThatMayBeSent()
    {
        var codes = new HashSet<ushort>();
        foreach (var reason in CloseReason.All)
        {
            Assert.True(codes.Add(reason.Code), $"{reason.Code} is used twice");
            Assert.True(reason.Code is (>= 1000 and <= 1014 and not 1004 and not 1005 and not 1006) or (>= 4000 and <= 4999), $"{reason.Code} must not be sent");
        }
    }
}
