using System.Text;

namespace E2EEvents.Load.Peers.Sources;

/// <summary>Packets of MQTT 3.1.1, as far as a subscriber and a publisher with QoS 0 need them.</summary>
internal static class MqttPacket
{
    private const byte CleanSession = 2;

    /// <summary>CONNECT with a clean session and no keep-alive, so that nobody has to send pings.</summary>
    public static byte[] Connect(string client) =>
        Of(0x10, [0, 4, .. "MQTT"u8, 4, CleanSession, 0, 0, 0, (byte)client.Length, .. Encoding.ASCII.GetBytes(client)]);

    /// <summary>A packet of a type with flags.</summary>
    public static byte[] Of(byte first, ReadOnlySpan<byte> body)
    {
        Span<byte> length = stackalloc byte[4];
        var digits = WriteLength(length, body.Length);
        return [first, .. length[..digits], .. body];
    }

    /// <summary>Writes a length, seven bits a byte; returns how many bytes it took, at most 4.</summary>
    public static int WriteLength(Span<byte> bytes, int length)
    {
        var digits = 0;
        do
        {
            bytes[digits++] = (byte)((length & 0x7F) | (length > 0x7F ? 0x80 : 0));
            length >>= 7;
        }
        while (length > 0);
        return digits;
    }

    /// <summary>False while the packet is incomplete.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> body, out int total)
    {
        body = default;
        total = 0;
        int length = 0, at = 1;
        for (var shift = 0; ; shift += 7)
        {
            if (at >= bytes.Length) return false;
            length |= (bytes[at] & 0x7F) << shift;
            if ((bytes[at++] & 0x80) == 0) break;
        }

        total = at + length;
        if (bytes.Length < total) return false;
        body = bytes.Slice(at, length);
        return true;
    }
}
