using E2EEvents.EdgeGateway.Fanout;

namespace E2EEvents.EdgeGateway.Tests.Fanout;

/// <summary>Which choices of fields a topic has encodings for.</summary>
public sealed class SelectionsTests : IDisposable
{
    private readonly FanoutRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Take_SameFields_IsTheSameChoiceWhateverTheFormat()
    {
        var selections = new Selections(4);
        var first = selections.Take(Of("a,b"));
        Assert.Same(first, selections.Take(Of("b,a", WireFormat.WebSocket)));
        Assert.NotSame(first, selections.Take(Of("a")));
        Assert.Same(selections.All, selections.Take(new View(WireFormat.Sse)));
    }

    [Fact]
    public void Take_OneTooMany_IsRefusedUntilOneIsGivenUp()
    {
        var selections = new Selections(2);
        var (a, b) = (Of("a"), Of("b"));
        var taken = selections.Take(a)!;
        Assert.Same(taken, selections.Take(a));
        Assert.NotNull(selections.Take(b));

        Assert.Null(selections.Take(Of("c")));
        Assert.False(selections.HasRoomFor(Of("c").Fields));
        Assert.True(selections.HasRoomFor(a.Fields));
        Assert.True(selections.HasRoomFor(null));

        selections.GiveBack(taken, a);
        Assert.Null(selections.Take(Of("c"))); // another stream has it still
        selections.GiveBack(taken, a);
        Assert.True(selections.HasRoomFor(Of("c").Fields));
        Assert.NotNull(selections.Take(Of("c")));
    }

    [Fact]
    public void Bytes_PlaceUsedAgain_AreOfTheNewChoice()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        var (n, epoch) = (Of("n"), Of("epoch"));
        var first = channel.Selections.Take(n)!;
        Assert.EndsWith("""{"n":1}}""", Text(channel.Newest!.Bytes(n, first, Variant.State)));
        channel.Selections.GiveBack(first, n);

        var second = channel.Selections.Take(epoch)!;
        Assert.Equal(first.Index, second.Index);
        Assert.EndsWith("""{"epoch":170}}""", Text(channel.Newest!.Bytes(epoch, second, Variant.State)));
    }

    [Fact]
    public void Bytes_AskedTwice_AreTheSameArray()
    {
        var channel = _rig.Channel(A.Match, Delivery.Every);
        channel.Publish(A.Frame(1), 0, Accept.NewEpoch);
        channel.Publish(A.Frame(2), 0, Accept.Next);
        for (var i = 0; i < 10; i++)
        {
            var view = Of("n,x" + i);
            var selection = channel.Selections.Take(view)!;
            foreach (var variant in Enum.GetValues<Variant>()) Assert.Same(channel.Newest!.Bytes(view, selection, variant), channel.Newest.Bytes(view, selection, variant));
        }
    }

    private static View Of(string fields, WireFormat format = WireFormat.Sse) => new(format, fields: FieldSet.TryParse(fields, out var set, out var error) ? set : throw new FormatException(error));

    private static string Text(byte[] sse) => System.Text.Encoding.UTF8.GetString(sse).TrimEnd('\n');
}
