using System.Linq;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Grains.Tests.Region;

public sealed class LinkBookTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Report_Again_ReplacesWhatThatSiloSaid()
    {
        var book = new LinkBook(_time);
        book.Report("a", [Link("a", "us-east", isUp: false), Link("a", "eu-west", isUp: true)]);
        book.Report("b", [Link("b", "us-east", isUp: true)]);
        book.Report("a", [Link("a", "us-east", isUp: true)]);
        Assert.Equal([("a", "us-east", true), ("b", "us-east", true)], book.List().Select(link => (link.Silo, link.Upstream, link.IsUp)));
    }

    [Fact]
    public void List_SiloSilentForTooLong_IsForgottenAloneAndWelcomeAgain()
    {
        var book = new LinkBook(_time);
        book.Report("a", [Link("a", "us-east", isUp: true)]);
        _time.Advance(TimeSpan.FromSeconds(3));
        book.Report("b", [Link("b", "us-east", isUp: true)]);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["a", "b"], book.List().Select(link => link.Silo));
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(["b"], book.List().Select(link => link.Silo));
        book.Report("a", [Link("a", "us-east", isUp: false)]);
        Assert.Equal(["a", "b"], book.List().Select(link => link.Silo));
    }

    private static LinkStatus Link(string silo, string upstream, bool isUp) => new(silo, upstream, "127.0.0.1:7443", isUp, 0, 0, 0, [], 0, 0, "");
}
