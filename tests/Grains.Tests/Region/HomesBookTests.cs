using CsCheck;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Grains.Region;

namespace E2EEvents.Grains.Tests.Region;

/// <summary>Terms and announcements.</summary>
public sealed class HomesBookTests
{
    private static readonly Term First = new(1, "us-east");

    private readonly HomesBook _book = new();

    [Fact]
    public void Learn_AnyTermsInAnyOrder_EndsWithTheHighest() =>
        Gen.Select(Gen.Long[1, 5], Gen.OneOf(Gen.Const("ap-south"), Gen.Const("eu-west"), Gen.Const("us-east")), (number, region) => new Term(number, region)).Array[1, 20].Sample(terms =>
        {
            var book = new HomesBook();
            var highest = First;
            foreach (var term in terms)
            {
                Assert.Equal(term.IsAbove(highest), book.Learn("match", term, First));
                if (term.IsAbove(highest)) highest = term;
                Assert.Equal(highest, book.TermOf("match", First).Term);
            }
        });

    [Fact]
    public void Leave_WhileAnotherMoveIsAnnounced_IsRefused()
    {
        Assert.True(_book.Leave("match", new Term(2, "ap-south"), leaving: true, First));
        Assert.False(_book.Leave("match", new Term(2, "us-west"), leaving: true, First));
        Assert.Equal(new Term(2, "ap-south"), _book.TermOf("match", First).LeavingTo);
    }

    [Fact]
    public void Leave_CalledOffBySomebodyElse_GoesOn()
    {
        _book.Leave("match", new Term(2, "ap-south"), leaving: true, First);
        Assert.False(_book.Leave("match", new Term(2, "us-west"), leaving: false, First));
        Assert.True(_book.TermOf("match", First).Leaving);
        Assert.True(_book.Leave("match", new Term(2, "ap-south"), leaving: false, First));
        Assert.Null(_book.TermOf("match", First).LeavingTo);
    }

    [Fact]
    public void Leave_StoredAndReadAgain_StillNamesItsMove()
    {
        _book.Leave("match", new Term(2, "ap-south"), leaving: true, First);
        var again = new HomesBook(_book.ToRecord());
        Assert.Equal(new Term(2, "ap-south"), again.TermOf("match", First).LeavingTo);
    }
}
