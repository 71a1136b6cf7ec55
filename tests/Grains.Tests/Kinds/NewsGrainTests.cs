using System.Linq;
using CsCheck;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;

namespace E2EEvents.Grains.Tests.Kinds;

public sealed class NewsGrainTests
{
    private static readonly Kind<News, NewsEvent> Kind = Kind<News, NewsEvent>.Of<NewsGrain>();

    [Fact]
    public void Apply_AnyEvents_HoldsTheLawsOfKinds() => KindGens.News.Array[0, 200].Sample(events => { Kind.CheckLaws(events); }, iter: 50);

    [Fact]
    public void Apply_AnyEvents_KeepsTheNewestFiftyOfWhatWasPublished() => KindGens.News.Array[0, 200].Sample(
        events =>
        {
            var published = new HashSet<(DateTimeOffset At, string Id)>();
            var state = Kind.Initial;
            foreach (var e in events)
            {
                if (e is ItemPublished item && Kind.Refuse(state, e) is null) published.Add((item.At, item.Id));
                state = Kind.Take(state, e);
            }

            var newest = published.OrderByDescending(item => item.At).ThenByDescending(item => item.Id, StringComparer.Ordinal).Take(News.MaxItems);
            Assert.Equal(newest.Select(item => item.Id).Order(StringComparer.Ordinal), state.Items.Keys);
            Assert.All(state.Items.Values, item => Assert.Equal(item.Retracted, item.Headline is null));
        },
        iter: 100);

    [Fact]
    public void Apply_PublicationSeenBefore_ChangesNothingWheneverItComes() => KindGens.News.Array[1, 200].Sample(
        events =>
        {
            var state = Kind.Initial;
            var accepted = new List<ItemPublished>();
            foreach (var e in events)
            {
                if (e is ItemPublished item && Kind.Refuse(state, e) is null) accepted.Add(item);
                state = Kind.Take(state, e);
            }

            foreach (var again in accepted) Assert.Same(state, Kind.Apply(state, again));
        },
        iter: 100);

    [Fact]
    public void Apply_Correction_ReplacesTheTextAndMarksTheItem()
    {
        var state = Kind.Replay(Item("a"), new ItemCorrected("a", At(5), Headline: "Better", Note: "misprint", Version: 3));
        var item = state.Items["a"];
        Assert.Equal(("Better", "Sum", 3, "misprint", true), (item.Headline, item.Summary, item.Version, item.CorrectionNote, item.Corrected));
    }

    [Fact]
    public void Apply_CorrectionOfALowerVersion_IsNoChange()
    {
        var state = Kind.Replay(Item("a"), new ItemCorrected("a", At(5), Headline: "Better", Version: 3));
        Assert.Same(state, Kind.Apply(state, new ItemCorrected("a", At(6), Headline: "Worse", Version: 2)));
        Assert.Contains("Version 3", Kind.Refuse(state, new ItemCorrected("a", At(6), Headline: "Worse", Version: 3)));
    }

    [Fact]
    public void Apply_CorrectionWithoutVersion_CountsOn() =>
        Assert.Equal(3, Kind.Replay(Item("a"), new ItemCorrected("a", At(5), Headline: "B"), new ItemCorrected("a", At(6), Headline: "C"), new ItemCorrected("a", At(5), Headline: "B")).Items["a"].Version);

    [Fact]
    public void Apply_Retraction_RemovesTheTextAndKeepsTheMark()
    {
        var state = Kind.Replay(Item("a"), new ItemRetracted("a", At(5), "unconfirmed"), Item("a"));
        var item = state.Items["a"];
        Assert.Equal((null, null, true, "unconfirmed"), (item.Headline, item.Summary, item.Retracted, item.RetractionReason));
        Assert.Contains("is retracted", Kind.Refuse(state, new ItemCorrected("a", At(6), Headline: "Back")));
    }

    [Fact]
    public void Apply_FiftyFirstItem_TheOldestFallsOffForGood()
    {
        var state = Kind.Replay(Enumerable.Range(1, 51).Select(i => new ItemPublished($"n{i}", "Headline", At(i))));
        Assert.Equal(News.MaxItems, state.Items.Count);
        Assert.DoesNotContain("n1", state.Items.Keys);
        Assert.Same(state, Kind.Apply(state, new ItemPublished("n1", "Headline", At(1))));
        Assert.Contains("no longer among the newest 50", Kind.Refuse(state, new ItemCorrected("n1", At(60), Headline: "Late")));
    }

    [Fact]
    public void Order_LaterPublication_IsHigher() => Assert.True(Kind.Replay(Item("a")).Items["a"].Order < Kind.Replay(Item("b", 1)).Items["b"].Order);

    public static TheoryData<string, NewsEvent> Refused => new()
    {
        { "no item x", new ItemCorrected("x", At(5), Headline: "H") },
        { "no item x", new ItemRetracted("x", At(5), "unconfirmed") },
        { "headline or a summary", new ItemCorrected("a", At(5)) },
        { "'version' is 1", new ItemCorrected("a", At(5), Headline: "H", Version: 1) },
        { "another item", Item("a") with { Headline = "Other" } },
        { "'headline' is empty", Item("b") with { Headline = " " } },
        { "200 are allowed", Item("b") with { Headline = new string('x', 201) } },
        { "is no topic", Item("b") with { About = "nonsense" } },
        { "letters, digits", Item("b c") },
        { "'reason' is empty", new ItemRetracted("a", At(5), "") },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuse_WhatDoesNotFit_SaysWhy(string why, NewsEvent e)
    {
        var state = Kind.Replay(Item("a"));
        Assert.Contains(why, Kind.Refuse(state, e));
        Assert.Same(state, Kind.Apply(state, e));
    }

    private static ItemPublished Item(string id, int minute = 0) => new(id, "Headline", At(minute), "Sum");

    private static DateTimeOffset At(int minutes) => KindGens.Noon.AddMinutes(minutes);
}
