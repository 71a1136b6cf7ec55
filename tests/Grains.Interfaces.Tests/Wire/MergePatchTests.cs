using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using E2EEvents.Testing.Clients;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

public sealed class MergePatchTests
{
    [Fact]
    public void Apply_DiffOfTwoStates_GivesTheSecond() =>
        Gen.Select(A.GenState, A.GenState).Sample((before, after) => A.Alike(after, MergePatch.Apply(before, MergePatch.Diff(before, after))), iter: 5_000);

    /// <summary>A client applies patches by its own code: this is the one of the tests, written from the RFC.</summary>
    [Fact]
    public void Diff_AppliedByAnotherImplementation_GivesTheSecond() =>
        Gen.Select(A.GenState, A.GenState).Sample(
            (before, after) => JsonNode.DeepEquals(JsonNode.Parse(after), JsonMerge.Apply(Object(before), Object(MergePatch.Diff(before, after)))), iter: 5_000);

    [Fact]
    public void Apply_AnyObjectAsPatch_AgreesWithAnotherImplementation() =>
        Gen.Select(A.GenState, A.GenState).Sample((state, patch) => JsonNode.DeepEquals(JsonNode.Parse(MergePatch.Apply(state, patch)), JsonMerge.Apply(Object(state), Object(patch))));

    [Fact]
    public void Diff_EqualStates_IsTheEmptyObject() => A.GenState.Sample(state => A.Text(MergePatch.Diff(state, state)) == "{}");

    [Fact]
    public void Apply_EmptyPatch_ChangesNothing() => A.GenState.Sample(state => A.Alike(state, MergePatch.Apply(state, A.Bytes("{}"))));

    [Fact]
    public void Apply_PatchesInARow_FoldToTheLastState() =>
        A.GenState.List[1, 6].Sample(states =>
        {
            var state = states[0];
            for (var i = 1; i < states.Count; i++) state = MergePatch.Apply(state, MergePatch.Diff(states[i - 1], states[i]));
            return A.Alike(states[^1], state);
        });

    [Theory]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"b":1,"c":3}}""", """{"a":{"c":3}}""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":{}}""", """{"a":{"b":null}}""")]
    [InlineData("""{"a":{"b":1}}""", """{}""", """{"a":null}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[1,3]}""", """{"a":[1,3]}""")]
    [InlineData("""{"a":1}""", """{"a":{"b":[null]}}""", """{"a":{"b":[null]}}""")]
    [InlineData("""{"a":{"b":1}}""", """{"a":1}""", """{"a":1}""")]
    [InlineData("""{"a":1.0}""", """{"a":1}""", """{}""")]
    public void Diff_SmallChange_IsSmall(string before, string after, string patch) =>
        Assert.Equal(patch, A.Text(MergePatch.Diff(A.Bytes(before), A.Bytes(after))));

    /// <summary>RFC 7396 appendix A, all of it.</summary>
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""["a","b"]""", """["c","d"]""", """["c","d"]""")]
    [InlineData("""{"a":"b"}""", """["c"]""", """["c"]""")]
    [InlineData("""{"a":"foo"}""", """null""", """null""")]
    [InlineData("""{"a":"foo"}""", "\"bar\"", "\"bar\"")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    public void Apply_ExampleOfTheRfc_GivesItsResult(string state, string patch, string result) =>
        Assert.Equal(result, A.Text(MergePatch.Apply(A.Bytes(state), A.Bytes(patch))));

    [Theory]
    [InlineData("", "{}")]
    [InlineData("{", "{}")]
    [InlineData("{}", "{]")]
    public void DiffAndApply_NotJson_AreRefused(string one, string other)
    {
        Assert.ThrowsAny<JsonException>(() => MergePatch.Diff(A.Bytes(one), A.Bytes(other)));
        Assert.ThrowsAny<JsonException>(() => MergePatch.Apply(A.Bytes(one), A.Bytes(other)));
    }

    private static JsonObject Object(byte[] json) => (JsonObject)JsonNode.Parse(json)!;
}
