using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Topics;

public sealed class TopicKeyTests
{
    private static readonly Gen<string> GenKind =
        Gen.Select(Gen.Char['a', 'z'], Gen.String[Gen.OneOf(Gen.Char['a', 'z'], Gen.Char['0', '9'], Gen.Const(() => '-')), 0, TopicKey.MaxKindLength - 1]).Select((first, rest) => first + rest);

    private static readonly Gen<string> GenKey =
        Gen.String[Gen.OneOf([.. "abcXYZ0189-._~:@"]), 1, TopicKey.MaxKeyLength].Where(key => key is not ("." or ".."));

    [Fact]
    public void TryParse_KindAndKey_GivesBothParts()
    {
        Assert.True(TopicKey.TryParse("match/2026-ENG-ARS", out var topic, out _));
        Assert.Equal(new TopicKey("match", "2026-ENG-ARS"), topic);
    }

    [Fact]
    public void TryParse_WhatToStringWrote_GivesTheSameTopic() =>
        Gen.Select(GenKind, GenKey).Sample((kind, key) =>
            TopicKey.TryCreate(kind, key, out var topic, out _) && TopicKey.TryParse(topic.ToString(), out var again, out _) && again == topic);

    /// <summary>Keys stand in paths and queries as they are.</summary>
    [Fact]
    public void TryParse_WhatItAccepts_NeedsNoEscapingInAPath() =>
        Gen.Select(GenKind, GenKey).Sample((kind, key) =>
            new Uri($"http://h/topics/{kind}/{key}/events").AbsolutePath == $"/topics/{kind}/{key}/events");

    [Fact]
    public void TryParse_AnyText_ParsesOrTellsWhatIsAllowed() =>
        Gen.String[Gen.Char['\0', '\u00ff'], 0, 200].Sample(text =>
            TopicKey.TryParse(text, out var topic, out var error) ? error is null && topic.ToString() == text : error is { Length: > 0 } && topic == default);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("match")]
    [InlineData("/x")]
    [InlineData("match/")]
    [InlineData("match/a/b")]
    [InlineData("Match/a")]
    [InlineData("1match/a")]
    [InlineData("-match/a")]
    [InlineData("mätch/a")]
    [InlineData("match/a b")]
    [InlineData("match/ä")]
    [InlineData("match/a%20")]
    [InlineData("match/.")]
    [InlineData("match/..")]
    [InlineData("match/a?b")]
    [InlineData("match/a#b")]
    [InlineData("match/a,b")]
    public void TryParse_MalformedTopic_TellsWhatIsAllowed(string? text)
    {
        Assert.False(TopicKey.TryParse(text, out _, out var error));
        Assert.NotEmpty(error!);
    }

    [Theory]
    [InlineData(TopicKey.MaxKindLength, TopicKey.MaxKeyLength, true)]
    [InlineData(TopicKey.MaxKindLength + 1, 1, false)]
    [InlineData(1, TopicKey.MaxKeyLength + 1, false)]
    public void TryCreate_LengthsAtTheBound_AreInclusive(int kind, int key, bool accepted) =>
        Assert.Equal(accepted, TopicKey.TryCreate(new string('k', kind), new string('K', key), out _, out _));

    [Fact]
    public void Attribute_MalformedKind_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new TopicKindAttribute("Match", Delivery.Every));
        Assert.Equal("topic.match/x", TopicKindAttribute.GrainIdOf(new TopicKey("match", "x")).ToString());
    }
}
