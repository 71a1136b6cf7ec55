using CsCheck;

namespace E2EEvents.Grains.Interfaces.Tests.Topics;

public sealed class PositionTests
{
    private static readonly Gen<Position> GenPosition = Gen.Select(Gen.ULong, Gen.Long[0, long.MaxValue]).Select((epoch, offset) => new Position(epoch, offset));

    [Fact]
    public void TryParse_WhatToStringWrote_GivesTheSamePosition() =>
        GenPosition.Sample(position => Position.TryParse(position.ToString(), out var again) && again == position);

    [Fact]
    public void ToString_AnyPosition_IsSixteenLowerCaseHexDigitsAndAPlainNumber() =>
        Assert.Equal("00f3a9c01d7e3b86:17", new Position(0x00f3a9c01d7e3b86, 17).ToString());

    /// <summary>The position is a token: one spelling each, or caches and logs would see two.</summary>
    [Fact]
    public void TryParse_AnyText_AcceptsAPositionOrNothing() =>
        Gen.String[Gen.OneOf([.. "0123456789abcdefABCDEF:+- x"]), 0, 24].Sample(text =>
            !Position.TryParse(text, out var position) || string.Equals(position.EpochText, text[..16], StringComparison.OrdinalIgnoreCase));

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("00f3a9c01d7e3b86")]
    [InlineData("00f3a9c01d7e3b86:")]
    [InlineData("00f3a9c01d7e3b86:-1")]
    [InlineData("00f3a9c01d7e3b86:+1")]
    [InlineData("00f3a9c01d7e3b86: 1")]
    [InlineData("00f3a9c01d7e3b86:1 ")]
    [InlineData("00f3a9c01d7e3b86:1.0")]
    [InlineData("00f3a9c01d7e3b86:1,000")]
    [InlineData("00f3a9c01d7e3b86:9223372036854775808")]
    [InlineData("0f3a9c01d7e3b86:17")]
    [InlineData("000f3a9c01d7e3b86:17")]
    [InlineData("00f3a9c01d7e3b8g:17")]
    [InlineData(" 0f3a9c01d7e3b86:17")]
    [InlineData("0x00f3a9c01d7e3b:17")]
    public void TryParse_MalformedPosition_IsRefused(string text) => Assert.False(Position.TryParse(text, out _));

    [Fact]
    public void Classify_AnyTwoPositions_FollowsTheContract() =>
        Gen.Select(Gen.ULong[1, 2], Gen.Long[0, 5], Gen.ULong[1, 2], Gen.Long[0, 5]).Sample((e1, o1, e2, o2) =>
        {
            var expected = e1 != e2 ? Fit.NewEpoch : o2 <= o1 ? Fit.Duplicate : o2 - o1 == 1 ? Fit.Next : Fit.Gap;
            return Position.Classify(new Position(e1, o1), new Position(e2, o2)) == expected;
        });

    [Fact]
    public void Classify_LastOffset_DoesNotWrapAround() =>
        Assert.Equal(Fit.Duplicate, Position.Classify(new Position(1, long.MaxValue), new Position(1, long.MinValue)));
}
