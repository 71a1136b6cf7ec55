namespace E2EEvents.Grains.Interfaces.Tests.Topics;

public sealed class TopicKeyTests
{
    [Fact]
    public void TryParse_KindAndKey_GivesBothParts()
    {
        Assert.True(TopicKey.TryParse("match/2026-ENG-ARS", out var topic, out _));
        Assert.Equal(new TopicKey("match", "2026-ENG-ARS"), topic);
    }
}
