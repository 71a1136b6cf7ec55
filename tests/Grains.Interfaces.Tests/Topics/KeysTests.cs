using System.Globalization;
using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Topics;

public sealed class KeysTests
{
    [Fact]
    public void FeedKey_OfAndParse_AreInverse() =>
        Gen.Select(Gen.String[Gen.Char['!', '{'], 1, 20], Gen.String[Gen.Char[' ', '~'], 0, 30]).Sample((gateway, silo) =>
            FeedKey.Parse(FeedKey.Of(gateway, silo)) == (gateway, silo));

    [Theory]
    [InlineData("")]
    [InlineData("gateway")]
    [InlineData("|silo")]
    public void FeedKey_Malformed_IsRefused(string key) => Assert.Throws<FormatException>(() => FeedKey.Parse(key));

    /// <summary>Fixed for ever: another answer would look for a topic's entry in the wrong place.</summary>
    [Theory]
    [InlineData("match", "2026-ENG-ARS", "match/3")]
    [InlineData("ticker", "ACME", "ticker/7")]
    [InlineData("weather", "12-34", "weather/2")]
    public void CatalogueKey_OfATopic_NeverChanges(string kind, string key, string shard) =>
        Assert.Equal(shard, CatalogueKey.Of(new TopicKey(kind, key)));

    [Fact]
    public void CatalogueKey_ManyTopics_AreSpreadOverAllShards()
    {
        var counts = new Dictionary<string, int>();
        for (var i = 0; i < 8_000; i++)
        {
            var shard = CatalogueKey.Of(new TopicKey("weather", i.ToString(CultureInfo.InvariantCulture)));
            counts[shard] = counts.GetValueOrDefault(shard) + 1;
        }

        Assert.Equal(CatalogueKey.Shards, counts.Count);
        Assert.All(counts.Values, count => Assert.InRange(count, 700, 1300));
    }
}
