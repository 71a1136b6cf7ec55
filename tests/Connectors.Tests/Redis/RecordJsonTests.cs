using System.Linq;
using System.Text;
using System.Text.Json;
using CsCheck;
using E2EEvents.Connectors.Redis;

namespace E2EEvents.Connectors.Tests.Redis;

public sealed class RecordJsonTests
{
    private readonly RecordJson _json = new("data");

    [Fact]
    public void Of_OnlyTheJsonField_IsItsBytes() => Assert.Equal("""{ "a": 1.50 }""", Of(("data", """{ "a": 1.50 }""")));

    [Fact]
    public void Of_JsonFieldAndOthers_AddsTheOthersWhereTheNameIsFree() =>
        Assert.Equal("""{"a":1.50,"b":null,"topic":"match/1"}""", Of(("topic", "match/1"), ("a", "x"), ("data", """{ "a": 1.50, "b":null }""")));

    [Theory]
    [InlineData("[1]")]
    [InlineData("5")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("hello \"you\"")]
    [InlineData("")]
    public void Of_JsonFieldWithoutAnObject_IsText(string data)
    {
        using var record = JsonDocument.Parse(Of(("data", data), ("b", "2")));
        Assert.Equal((data, "2"), (record.RootElement.GetProperty("data").GetString(), record.RootElement.GetProperty("b").GetString()));
    }

    [Fact]
    public void Of_HalfASurrogatePair_StaysTextInsteadOfStoppingTheStream()
    {
        using var record = JsonDocument.Parse(Of(("data", """{"a":"\ud800"}"""), ("b", "2")));
        Assert.Equal("""{"a":"\ud800"}""", record.RootElement.GetProperty("data").GetString());
    }

    [Fact]
    public void Of_SameNameTwice_TheLastCounts()
    {
        Assert.Equal("""{"b":"2","a":"3"}""", Of(("a", "1"), ("b", "2"), ("a", "3")));
        var many = Enumerable.Range(0, 40).Select(i => ($"f{i % 20}", $"{i}")).ToArray();
        Assert.Equal("{" + string.Join(',', Enumerable.Range(20, 20).Select(i => $"\"f{i - 20}\":\"{i}\"")) + "}", Of(many));
    }

    [Fact]
    public void Of_BytesThatAreNoText_AreBase64() => Assert.Equal(
        """{"a":"base64:/wA=","base64:/g==":"x"}""",
        Records.Text(_json.Of([("a"u8.ToArray(), [0xff, 0]), ([0xfe], "x"u8.ToArray())])));

    [Fact]
    public void Of_AnyFields_IsAnObjectWithEachNameOnce() =>
        Gen.Select(Gen.Byte.Array[0, 6], Gen.OneOf(Gen.Byte.Array[0, 8], Gen.Const("{}"u8.ToArray()), Gen.Const("""{"a":{"b":1}}"""u8.ToArray()))).List[0, 30].Sample(fields =>
        {
            fields.Add(("data"u8.ToArray(), fields.Count % 2 == 0 ? """{"a":1,"x":2}"""u8.ToArray() : [0xff]));
            using var record = JsonDocument.Parse(new RecordJson("data").Of(fields));
            var names = record.RootElement.EnumerateObject().Select(property => property.Name).ToArray();
            Assert.Equal(names.Length, names.Distinct().Count());
        });

    private string Of(params (string Name, string Value)[] fields) =>
        Records.Text(_json.Of([.. fields.Select(field => (Encoding.UTF8.GetBytes(field.Name), Encoding.UTF8.GetBytes(field.Value)))]));
}
