using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Tests.Clients;

public sealed class FrameTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(60_000)]
    public void ClientFrame_AnyLength_IsMaskedWithZeros(int length)
    {
        var payload = new byte[length];
        payload.AsSpan().Fill(7);
        var frame = ClientFrame.Of(WebSocketOpcode.Text, payload);
        Assert.Equal(0x81, frame[0]);
        Assert.Equal(0x80, frame[1] & 0x80);
        frame[1] &= 0x7F;
        // Without the mask it is what a server would send, but for the four zeros of the mask.
        Assert.True(ServerFrame.TryRead([.. frame[..(frame.Length - length - 4)], .. payload], out var read));
        Assert.Equal(payload, read.Payload.ToArray());
    }

    [Fact]
    public void ServerFrame_AnyPartOfIt_IsIncomplete()
    {
        byte[] frame = [0x82, 126, 1, 0, .. new byte[256]];
        for (var length = 0; length < frame.Length; length++) Assert.False(ServerFrame.TryRead(frame.AsSpan(0, length), out _));
        Assert.True(ServerFrame.TryRead([.. frame, 1, 2, 3], out var read));
        Assert.Equal(WebSocketOpcode.Binary, read.Opcode);
        Assert.Equal(frame.Length, read.Bytes);
    }

    [Fact]
    public void ServerFrame_Close_NamesItsCode()
    {
        Assert.True(ServerFrame.TryRead([0x88, 2, 0x03, 0xE9], out var read));
        Assert.Equal("close 1001", read.CloseReason);
    }
}
