using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

/// <summary>Builders and generators.</summary>
internal static class A
{
    private static readonly Gen<string> GenName = Gen.OneOf(Gen.OneOf("a", "b", "c"), Gen.String[Gen.OneOf('a', 'ü', '"', '\\', '\n', '€', '/'), 0, 3]);

    private static readonly Gen<JsonNode?> GenLeaf = Gen.OneOf<JsonNode?>(
        Gen.Bool.Select(x => (JsonNode?)JsonValue.Create(x)),
        Gen.Int[-2, 2].Select(x => (JsonNode?)JsonValue.Create(x)),
        Gen.Long.Select(x => (JsonNode?)JsonValue.Create(x)),
        Gen.Double[-1e9, 1e9].Select(x => (JsonNode?)JsonValue.Create(x)),
        GenName.Select(x => (JsonNode?)JsonValue.Create(x)));

    /// <summary>Values as states hold them: no null outside arrays.</summary>
    private static readonly Gen<JsonNode?> GenValue = Gen.Recursive<JsonNode?>((depth, value) =>
    {
        if (depth == 3) return GenLeaf;
        var array = Gen.OneOf(value, Gen.Const<JsonNode?>(() => null)).Array[0, 3].Select(items => (JsonNode?)new JsonArray([.. items.Select(Copy)]));
        var json = Gen.Dictionary(GenName, value)[0, 4].Select(ObjectOf);
        return Gen.OneOf(GenLeaf, array, json.Select(o => (JsonNode?)o));
    });

    /// <summary>States as JSON: objects without nulls outside arrays.</summary>
    public static readonly Gen<byte[]> GenState = Gen.Dictionary(GenName, GenValue)[0, 5].Select(d => Encoding.UTF8.GetBytes(ObjectOf(d).ToJsonString()));

    /// <summary>Frames.</summary>
    public static readonly Gen<Frame> GenFrame =
        Gen.Select(Gen.ULong, Gen.Long[0, long.MaxValue], Gen.Byte.Array[0, 300], Gen.Long[0, long.MaxValue], Gen.Long[0, long.MaxValue], Gen.String[Gen.Char.AlphaNumeric, 1, 10].Null())
            .Select((epoch, offset, state, origin, home, transaction) => new Frame(new Position(epoch, offset), state, origin, home, transaction));

    public static string Text(byte[] json) => Encoding.UTF8.GetString(json);

    public static byte[] Bytes(string json) => Encoding.UTF8.GetBytes(json);

    public static bool Alike(byte[] left, byte[] right)
    {
        using var a = JsonDocument.Parse(left);
        using var b = JsonDocument.Parse(right);
        return JsonElement.DeepEquals(a.RootElement, b.RootElement);
    }

    private static JsonObject ObjectOf(Dictionary<string, JsonNode?> members)
    {
        var json = new JsonObject();
        foreach (var (name, value) in members) json[name] = Copy(value);
        return json;
    }

    // A generated node may be used in several places; a JsonNode has one parent.
    private static JsonNode? Copy(JsonNode? node) => node?.DeepClone();
}
