using System.Text;
using System.Text.Json;
using CsCheck;
using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Choosing top-level members of a state.</summary>
public sealed class FieldSetTests
{
    private static readonly string[] Names = ["last", "bid", "ask", "a b", "größe", "quote\\\"d", "\\u0061", ""];
    private static readonly string[] Values = ["1", "-0.50e+3", "\"x\"", "\"a\\\"},{[\\u00e4\"", "true", "[]", "[1,[2,{\"last\":3}]]", "{}", "{\"last\":{\"bid\":1},\"z\":[{}]}", "12345678901234567890.123"];

    private static readonly Gen<(string Json, string[] Chosen)> GenState = Gen.Select(
        Gen.Select(OneOf(Names), OneOf(Values), OneOf("", " ", "\n\t")).Array[0, 8], OneOf("last", "bid", "a b", "größe", "a", "gone").Array[1, 4],
        (members, chosen) => ("{" + string.Join(',', Array.ConvertAll(members, m => $"{m.Item3}\"{m.Item1}\"{m.Item3}:{m.Item3}{m.Item2}{m.Item3}")) + "}", chosen));

    [Fact]
    public void Filter_AnyState_KeepsTheChosenMembersByteForByte() => GenState.Sample(
        state =>
        {
            var filtered = Fields(string.Join(',', state.Chosen)).Filter(Encoding.UTF8.GetBytes(state.Json));

            using var whole = JsonDocument.Parse(state.Json);
            using var part = JsonDocument.Parse(filtered);
            var expected = new List<string>();
            var got = new List<string>();
            foreach (var member in whole.RootElement.EnumerateObject())
            {
                if (Array.IndexOf(state.Chosen, member.Name) >= 0) expected.Add(member.Name + ":" + member.Value.GetRawText());
            }

            foreach (var member in part.RootElement.EnumerateObject()) got.Add(member.Name + ":" + member.Value.GetRawText());
            Assert.Equal(expected, got);
        },
        iter: 2000);

    [Theory]
    [InlineData("""{"last":1.50,"bid":2,"ask":3}""", "last,ask", """{"last":1.50,"ask":3}""")]
    [InlineData("""{"last":1}""", "none", "{}")]
    [InlineData("{}", "last", "{}")]
    [InlineData("""{"a":{"last":1},"last":[{"last":2}]}""", "last", """{"last":[{"last":2}]}""")]
    public void Filter_Some_IsExact(string state, string fields, string expected) => Assert.Equal(expected, Encoding.UTF8.GetString(Fields(fields).Filter(Encoding.UTF8.GetBytes(state))));

    [Theory]
    [InlineData("[1]")]
    [InlineData("7")]
    [InlineData("{\"a\":")]
    [InlineData("")]
    public void Filter_NoJsonObject_LeavesTheFrameAsItIs(string state)
    {
        var frame = new Frame(A.At(1), Encoding.UTF8.GetBytes(state), 0, 1);
        Assert.Same(frame, Fields("a").Filter(frame));
    }

    [Fact]
    public void TryParse_OtherOrderAndRepetitions_IsTheSameChoice()
    {
        Assert.Equal(Fields("last,bid"), Fields("bid,last,bid"));
        Assert.Equal(Fields("last,bid").GetHashCode(), Fields("bid,last").GetHashCode());
        Assert.Equal(Fields("last,bid").Tag, Fields("bid,last").Tag);
        Assert.NotEqual(Fields("last,bid"), Fields("last"));
        Assert.NotEqual(Fields("last,bid").Tag, Fields("last").Tag);
    }

    [Fact]
    public void TryParse_Bounds_AreThirtyTwoNamesOfSixtyFourCharacters()
    {
        Assert.True(FieldSet.TryParse(Many(32), out _, out _));
        Assert.False(FieldSet.TryParse(Many(33), out _, out _));
        Assert.True(FieldSet.TryParse(new string('x', 64), out _, out _));
        Assert.False(FieldSet.TryParse(new string('x', 65), out _, out _));
        Assert.False(FieldSet.TryParse("", out _, out _));
        Assert.False(FieldSet.TryParse("a,,b", out _, out _));
        Assert.False(FieldSet.TryParse("a\n", out _, out _));

        static string Many(int count)
        {
            var names = new string[count];
            for (var i = 0; i < count; i++) names[i] = "n" + i;
            return string.Join(',', names);
        }
    }

    private static Gen<string> OneOf(params string[] all) => Gen.Int[0, all.Length - 1].Select(i => all[i]);

    private static FieldSet Fields(string text) => FieldSet.TryParse(text, out var fields, out var error) ? fields : throw new FormatException(error);
}
