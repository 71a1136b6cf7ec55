namespace E2EEvents.EdgeGateway.Tests;

public sealed class TrimRuleTests
{
    [Theory]
    [InlineData("0 0 0 0", "")]
    [InlineData("500 900 900 900", "")] // too few
    [InlineData("2000 4000 5000 5000 5000 5000", "3")] // once they have stopped coming
    [InlineData("5000 5000 5050 4990 5900 5900", "1")] // a crowd's usual coming and going
    [InlineData("5000 5000 6800 6800", "1 3")]
    [InlineData("5000 5000 2000 10 0 0", "1 4")] // and when they have left
    [InlineData("40000 40000 45000 45000 54000 54000", "1 5")] // the more there are, the more it takes
    public void IsTime_NumbersOfStreams_AfterAGreatChangeThatIsOver(string streams, string trims)
    {
        var rule = new TrimRule(leastBetween: 1);
        var at = new List<string>();
        var look = 0;
        foreach (var count in streams.Split(' '))
        {
            if (rule.IsTime(long.Parse(count, System.Globalization.CultureInfo.InvariantCulture))) at.Add($"{look}");
            look++;
        }

        Assert.Equal(trims, string.Join(' ', at));
    }

    [Fact]
    public void IsTime_ClientsThatComeAndGoAllTheTime_AreFollowedSeldom()
    {
        var rule = new TrimRule(leastBetween: 10);
        var trims = 0;
        for (var look = 0; look < 100; look++)
        {
            if (rule.IsTime(look / 2 % 2 == 0 ? 5000 : 0)) trims++;
        }

        Assert.InRange(trims, 5, 10);
    }
}
