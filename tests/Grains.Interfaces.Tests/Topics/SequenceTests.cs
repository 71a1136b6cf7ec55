using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Topics;

public sealed class SequenceTests
{
    // Small ranges, so that equal and neighbouring ones come up often.
    private static readonly Gen<Sequence> GenSequence =
        Gen.Select(Gen.Long[0, 2], Gen.Byte[0, 2].Array[1, 3], Gen.Int[0, 2]).Select((incarnation, ordinal, index) => new Sequence(incarnation, ordinal, index));

    [Fact]
    public void CompareTo_AnyThree_IsATotalOrder() =>
        Gen.Select(GenSequence, GenSequence, GenSequence).Sample((a, b, c) =>
        {
            Assert.Equal(Math.Sign(a.CompareTo(b)), -Math.Sign(b.CompareTo(a)));
            Assert.Equal(a.CompareTo(b) == 0, a.Equals(b));
            if (a.Equals(b)) Assert.Equal(a.GetHashCode(), b.GetHashCode());
            if (a <= b && b <= c) Assert.True(a <= c);
            Assert.True(a > b == !(a <= b) && a < b == !(a >= b) && a == b == !(a != b));
        });

    [Fact]
    public void CompareTo_IncarnationThenOrdinalThenIndex_InThatOrder()
    {
        Sequence[] rising = [new(1, [9], 9), new(2, [1], 9), new(2, [1, 0], 0), new(2, [1, 0], 1), new(2, [2], 0), new(2, [0x80], 0), new(3, [0], 0)];
        for (var i = 1; i < rising.Length; i++) Assert.True(rising[i - 1] < rising[i], $"{rising[i - 1]} < {rising[i]}");
    }

    [Fact]
    public void OrdinalOf_Numbers_CompareAsTheNumbersDo() =>
        Gen.Select(Gen.ULong, Gen.ULong).Sample((a, b) =>
            Math.Sign(new Sequence(0, Sequence.OrdinalOf(a)).CompareTo(new Sequence(0, Sequence.OrdinalOf(b)))) == a.CompareTo(b));

    [Fact]
    public void OrdinalOf_PairsOfNumbers_CompareAsThePairsDo() =>
        Gen.Select(Gen.ULong[0, 3], Gen.ULong, Gen.ULong[0, 3], Gen.ULong).Sample((a1, a2, b1, b2) =>
            Math.Sign(new Sequence(0, Sequence.OrdinalOf(a1, a2)).CompareTo(new Sequence(0, Sequence.OrdinalOf(b1, b2)))) == (a1, a2).CompareTo((b1, b2)));

    [Fact]
    public void Constructor_OrdinalOrIndexOutOfBounds_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sequence(0, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sequence(0, new byte[Sequence.MaxOrdinalBytes + 1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sequence(0, [1], -1));
        Assert.Equal(Sequence.MaxOrdinalBytes, new Sequence(0, new byte[Sequence.MaxOrdinalBytes]).Ordinal.Length);
    }

    [Fact]
    public void ToString_Sequence_IsIncarnationOrdinalIndex() => Assert.Equal("3.00ff.7", new Sequence(3, [0, 0xff], 7).ToString());

    [Fact]
    public void Equality_AgainstNull_IsDefined()
    {
        Sequence? none = null;
        var some = new Sequence(1, [1]);
        Assert.True(none == null && some != none && !some.Equals(none) && some.CompareTo(null) > 0);
    }
}
