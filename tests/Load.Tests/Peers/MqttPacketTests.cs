using E2EEvents.Load.Peers.Sources;

namespace E2EEvents.Load.Tests.Peers;

public sealed class MqttPacketTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(127, 129)]
    [InlineData(128, 131)]
    [InlineData(20_000, 20_004)]
    public void TryRead_WhatWasWritten_GivesTheBody(int bodyBytes, int packetBytes)
    {
        var body = new byte[bodyBytes];
        body.AsSpan().Fill(9);
        var packet = MqttPacket.Of(0x30, body);
        Assert.Equal(packetBytes, packet.Length);
        Assert.True(MqttPacket.TryRead([.. packet, 0x30], out var read, out var total));
        Assert.Equal(packetBytes, total);
        Assert.Equal(body, read.ToArray());
        Assert.False(MqttPacket.TryRead(packet.AsSpan(0, packetBytes - 1), out _, out _));
    }
}
