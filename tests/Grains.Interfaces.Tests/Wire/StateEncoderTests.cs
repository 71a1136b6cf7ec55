using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

public sealed class StateEncoderTests
{
    [Fact]
    public void Encode_NullsAtAnyDepthOutsideArrays_AreDropped()
    {
        var state = new State("x", null, new Part(null, 2), new() { ["kept"] = new Part("p", 1), ["gone"] = null }, [null, "a"], Phase.SecondHalf, default);
        Assert.Equal(
            """{"name":"x","part":{"number":2},"byId":{"kept":{"label":"p","number":1}},"list":[null,"a"],"phase":"secondHalf","at":"0001-01-01T00:00:00Z"}""",
            A.Text(StateEncoder.Encode(state)));
    }

    [Fact]
    public void Encode_TextThatLooksLikeANull_IsKept()
    {
        var state = new Part("a\":null,\"b", 1);
        Assert.Equal(state, JsonSerializer.Deserialize<Part>(StateEncoder.Encode(state), StateEncoder.StateOptions));
    }

    [Fact]
    public void Encode_AnyTexts_HasNoNullOutsideArraysAndReadsBack() =>
        Gen.Dictionary(Gen.String[0, 5], Gen.String[0, 5].Null())[0, 6].Sample(texts =>
        {
            var state = new Dictionary<string, string?>(texts!);
            var json = StateEncoder.Encode(state);
            Assert.DoesNotContain(JsonNode.Parse(json)!.AsObject(), member => member.Value is null);
            var back = JsonSerializer.Deserialize<Dictionary<string, string?>>(json, StateEncoder.StateOptions)!;
            foreach (var (name, text) in back) Assert.Equal(WellFormed(text!), text);
            Assert.True(back.Count <= state.Count);
        });

    [Fact]
    public void Encode_State_IsTheReviewedJson() =>
        Golden.Equal("state.json", StateEncoder.Encode(new State("Ünïcode <b>&amp; \"quoted\"", "note", new Part("p", -1), new() { ["a/b"] = new Part(null, 0) }, ["1"], Phase.FirstHalf, new DateTimeOffset(2026, 8, 1, 15, 0, 0, 123, TimeSpan.Zero))));

    [Theory]
    [InlineData(1)]
    [InlineData("text")]
    [InlineData(null)]
    public void Encode_NoObject_NamesTheType(object? state)
    {
        var failure = Assert.Throws<InvalidOperationException>(() => StateEncoder.Encode(state));
        Assert.Contains("must be a JSON object", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_GoodEvent_GivesIt()
    {
        Assert.Equal(new Goal("home", 90, null), Decode("""{"type":"goal","team":"home","minute":90}"""));
        Assert.Equal(new Goal("home", 90, "Kane"), Decode("""{"minute":90,"player":"Kane","team":"home","type":"goal","extra":1}"""));
        Assert.Equal(new Paused(Phase.FirstHalf), Decode("""{"type":"paused","after":"firstHalf"}"""));
    }

    /// <summary>An event means the same on every machine, whatever its time zone, and a time is written in one way.</summary>
    [Theory]
    [InlineData("2026-08-01T15:00:00Z")]
    [InlineData("2026-08-01T15:00:00")]
    [InlineData("2026-08-01T17:00:00+02:00")]
    [InlineData("2026-08-01T15:00:00.000")]
    public void Decode_TimeInAnySpelling_IsUtc(string time)
    {
        var moved = Assert.IsType<Moved>(Decode($$"""{"type":"moved","to":"{{time}}","by":"x"}"""));
        Assert.Equal(new DateTimeOffset(2026, 8, 1, 15, 0, 0, TimeSpan.Zero), moved.To);
        Assert.Equal(TimeSpan.Zero, moved.To.Offset);
        Assert.Equal("""{"to":"2026-08-01T15:00:00Z","by":"x"}""", A.Text(StateEncoder.Encode(moved)));
    }

    /// <summary>What is dead-lettered is read by an operator: it must name what is wrong.</summary>
    [Theory]
    [InlineData("""{"team":"home","minute":90}""", "type")]
    [InlineData("""{"type":"own-goal","team":"home","minute":90}""", "own-goal")]
    [InlineData("""{"type":"goal","minute":90}""", "team")]
    [InlineData("""{"type":"goal","team":null,"minute":90}""", "team")]
    [InlineData("""{"type":"goal","team":"home"}""", "minute")]
    [InlineData("""{"type":"goal","team":"home","minute":null}""", "minute")]
    [InlineData("""{"type":"goal","team":"home","minute":"90"}""", "minute")]
    [InlineData("""{"type":"goal","team":"home","minute":1.5}""", "minute")]
    [InlineData("""{"type":"goal","team":7,"minute":90}""", "team")]
    [InlineData("""{"type":"paused","after":"thirdHalf"}""", "after")]
    [InlineData("""{"type":"paused","after":1}""", "after")]
    [InlineData("""{"type":"goal","team":"home","minute":90""", "end of a number")]
    [InlineData("""{"type":"moved","to":"tomorrow"}""", "to")]
    [InlineData("""{"type":"moved","to":1}""", "to")]
    [InlineData("""{"type":"moved","to":"2026-08-01T15:00:00Z","by":null}""", "by")]
    [InlineData("""["goal"]""", "Happening")]
    [InlineData("", "")]
    public void Decode_BadEvent_NamesWhatIsWrong(string json, string named)
    {
        var failure = Assert.ThrowsAny<Exception>(() => Decode(json));
        Assert.True(failure is JsonException or NotSupportedException, failure.GetType().Name);
        Assert.Contains(named, failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static Happening? Decode(string json) => JsonSerializer.Deserialize<Happening>(json, StateEncoder.EventOptions);

    // Unpaired surrogates become U+FFFD, in JSON as in UTF-8.
    private static string WellFormed(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));

    internal enum Phase
    {
        FirstHalf,
        SecondHalf,
    }

    internal sealed record Part(string? Label, int Number);

    internal sealed record State(string Name, string? Note, Part? Part, Dictionary<string, Part?> ById, string?[] List, Phase Phase, DateTimeOffset At);

    [JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
    [JsonDerivedType(typeof(Goal), "goal")]
    [JsonDerivedType(typeof(Paused), "paused")]
    [JsonDerivedType(typeof(Moved), "moved")]
    internal abstract record Happening;

    internal sealed record Goal(string Team, int Minute, string? Player) : Happening;

    internal sealed record Paused(Phase After) : Happening;

    internal sealed record Moved(DateTimeOffset To, string By) : Happening;
}
