using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>A choice of top-level members of states. Sorted and without repetitions, so that the same choice written in another order is the same.</summary>
internal sealed class FieldSet : IEquatable<FieldSet>
{
    /// <summary>Names in one choice.</summary>
    public const int MaxNames = 32;

    /// <summary>Characters in a name.</summary>
    public const int MaxNameLength = 64;

    private readonly byte[][] _names;

    private FieldSet(SortedSet<string> names)
    {
        Text = string.Join(',', names);
        _names = new byte[names.Count][];
        var i = 0;
        foreach (var name in names) _names[i++] = Encoding.UTF8.GetBytes(name);
    }

    /// <summary>The names, joined by commas.</summary>
    public string Text { get; }

    /// <summary>Short name of the choice for entity tags: 8 hex digits.</summary>
    public string Tag => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)).AsSpan(0, 4));

    /// <summary>Reads names joined by commas.</summary>
    /// <param name="text">As in a query.</param>
    /// <param name="fields">The choice.</param>
    /// <param name="error">What is wrong with it.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out FieldSet? fields, [NotNullWhen(false)] out string? error)
    {
        fields = null;
        var names = new SortedSet<string>(StringComparer.Ordinal);
        var count = 0;
        foreach (var range in text.AsSpan().Split(','))
        {
            var name = text[range];
            error = ++count > MaxNames ? string.Create(CultureInfo.InvariantCulture, $"more than {MaxNames} names") : ErrorOf(name);
            if (error is not null) return false;
            names.Add(name);
        }

        error = null;
        fields = new FieldSet(names);
        return true;
    }

    /// <summary>The chosen members of a state, each byte for byte as it stands there and in the same order. Names that the state does not have are left out.</summary>
    /// <exception cref="JsonException">The state is no JSON object.</exception>
    public byte[] Filter(ReadOnlySpan<byte> state)
    {
        var scratch = ArrayPool<byte>.Shared.Rent(state.Length + 2); // members with a comma each are never longer than the whole
        try
        {
            return scratch.AsSpan(0, Filter(state, scratch)).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>A frame with the chosen members alone; itself if its state is no JSON object, which is its kind's fault and must stop nobody's delivery.</summary>
    public Frame Filter(Frame frame)
    {
        try
        {
            return new Frame(frame.Position, Filter(frame.State.Span), frame.OriginTime, frame.HomeTime, frame.Transaction, frame.EdgeTime);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the second of a name that is no text
        {
            return frame;
        }
    }

    public bool Equals(FieldSet? other) => other is not null && Text == other.Text;

    public override bool Equals(object? obj) => Equals(obj as FieldSet);

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);

    private static string? ErrorOf(string name)
    {
        if (name.Length is 0 or > MaxNameLength) return string.Create(CultureInfo.InvariantCulture, $"a name of {name.Length} characters; it may have 1 to {MaxNameLength}");
        foreach (var letter in name)
        {
            if (char.IsControl(letter) || char.IsSurrogate(letter)) return "a name with characters that no field has";
        }

        return null;
    }

    private int Filter(ReadOnlySpan<byte> state, Span<byte> target)
    {
        var reader = new Utf8JsonReader(state);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException("A state must be a JSON object.");
        var length = 0;
        target[length++] = (byte)'{';
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isChosen = IsChosen(ref reader);
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!isChosen) continue;
            if (length > 1) target[length++] = (byte)',';
            var member = state[start..(int)reader.BytesConsumed];
            member.CopyTo(target[length..]);
            length += member.Length;
        }

        target[length++] = (byte)'}';
        return length;
    }

    private bool IsChosen(ref Utf8JsonReader reader)
    {
        foreach (var name in _names)
        {
            if (reader.ValueTextEquals(name)) return true;
        }

        return false;
    }
}
