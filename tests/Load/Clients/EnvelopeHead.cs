using System.Text.Json;

namespace E2EEvents.Load.Clients;

/// <summary>What the driver wants to know of an envelope: everything but the state.</summary>
internal ref struct EnvelopeHead
{
    public ReadOnlySpan<byte> Topic;
    public Position Position;

    /// <summary>Unix µs; 0 = absent.</summary>
    public long OriginTime;

    /// <inheritdoc cref="OriginTime"/>
    public long HomeTime;

    public Gap Gap;

    /// <summary>Reads an envelope up to its state; members may come in any order.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="whole">Read beyond the state too, for a member that explains a gap.</param>
    /// <param name="head">What was found.</param>
    /// <returns>False if it is no envelope, such as a notice about staleness.</returns>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static bool TryRead(ReadOnlySpan<byte> json, bool whole, out EnvelopeHead head)
    {
        head = default;
        ulong epoch = 0;
        long offset = 0;
        var reader = new Utf8JsonReader(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("topic"u8))
            {
                reader.Read();
                head.Topic = reader.ValueSpan; // a topic has nothing to unescape
            }
            else if (reader.ValueTextEquals("epoch"u8))
            {
                reader.Read();
                _ = System.Buffers.Text.Utf8Parser.TryParse(reader.ValueSpan, out epoch, out _, 'x');
            }
            else if (reader.ValueTextEquals("offset"u8))
            {
                reader.Read();
                offset = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("time"u8))
            {
                reader.Read();
                (head.OriginTime, head.HomeTime) = ReadTimes(ref reader);
            }
            else if (reader.ValueTextEquals("gap"u8))
            {
                reader.Read();
                head.Gap = reader.ValueTextEquals("epoch"u8) ? Gap.Epoch : Gap.History;
            }
            else if (!whole && epoch != 0 && head.Topic.Length > 0 && head.HomeTime != 0 && (reader.ValueTextEquals("state"u8) || reader.ValueTextEquals("patch"u8)))
            {
                break;
            }
            else
            {
                reader.Skip();
            }
        }

        head.Position = new Position(epoch, offset);
        return epoch != 0;
    }

    private static (long Origin, long Home) ReadTimes(ref Utf8JsonReader reader)
    {
        long origin = 0, home = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("origin"u8))
            {
                reader.Read();
                origin = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("home"u8))
            {
                reader.Read();
                home = reader.GetInt64();
            }
            else
            {
                reader.Skip();
            }
        }

        return (origin, home);
    }
}
