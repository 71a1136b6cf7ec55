using CsCheck;
using E2EEvents.Grains.Storage;

namespace E2EEvents.Grains.Tests.Storage;

public sealed class SequenceTextTests
{
    [Fact]
    public void Parse_AnySequenceWritten_GivesItBack() =>
        Gen.Select(Gen.Long, Gen.Byte.Array[1, Sequence.MaxOrdinalBytes], Gen.Int[0, int.MaxValue]).Select((incarnation, ordinal, index) => new Sequence(incarnation, ordinal, index))
            .Sample(sequence => SequenceText.Parse(sequence.ToString()) == sequence);

    [Theory]
    [InlineData("")]
    [InlineData("1.2")]
    [InlineData("1..2")]
    [InlineData("x.00.2")]
    [InlineData("1.0.2")]
    [InlineData("1.zz.2")]
    [InlineData("1.00.-2")]
    public void Parse_NoSequence_Throws(string text) => Assert.Throws<FormatException>(() => SequenceText.Parse(text));
}
