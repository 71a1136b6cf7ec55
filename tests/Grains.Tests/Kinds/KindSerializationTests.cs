using E2EEvents.Connectors.Sample;
using E2EEvents.Grains.Interfaces.Kinds;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace E2EEvents.Grains.Tests.Kinds;

/// <summary>A kind may have grain methods of its own, so its records must also travel between silos.</summary>
public sealed class KindSerializationTests
{
    private static readonly Serializer Serializer = new ServiceCollection()
        .AddSerializer(serializer => serializer.AddAssembly(typeof(Match).Assembly))
        .BuildServiceProvider()
        .GetRequiredService<Serializer>();

    [Fact]
    public void Serialize_EventsOfACupRound_ComeBackEqual()
    {
        foreach (var step in new SampleFeed(1, KindGens.Noon).Round(3))
        {
            Assert.Equal(step.Event, Serializer.Deserialize<object>(Serializer.SerializeToArray(step.Event)));
        }
    }

    [Fact]
    public void Serialize_State_ComesBackEqual()
    {
        var kind = Kind<Match, MatchEvent>.Of<Grains.Kinds.MatchGrain>();
        var state = kind.Replay(new PeriodBegan(MatchPeriod.FirstHalf), new GoalScored("g1", Side.Home, 9, "A. Berg"), new CardShown("c1", Side.Away, 9, "B. Costa", CardColour.Red));
        var copy = Serializer.Deserialize<Match>(Serializer.SerializeToArray(state))!;
        Assert.Equal(Kind<Match, MatchEvent>.Encode(state), Kind<Match, MatchEvent>.Encode(copy));
    }
}
