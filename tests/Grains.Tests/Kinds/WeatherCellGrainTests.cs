using System.Linq;
using CsCheck;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Kinds;

namespace E2EEvents.Grains.Tests.Kinds;

public sealed class WeatherCellGrainTests
{
    private static readonly Kind<WeatherCell, Observed> Kind = Kind<WeatherCell, Observed>.Of<WeatherCellGrain>();

    [Fact]
    public void Apply_AnyReports_HoldsTheLawsOfKinds() => KindGens.Weather.Array[0, 60].Sample(reports => { Kind.CheckLaws(reports); });

    [Fact]
    public void Apply_AnyReports_EachQuantityIsTheNewestReported() => KindGens.Weather.Array[0, 60].Sample(reports =>
    {
        var state = Kind.Initial;
        var counted = new List<Observed>();
        foreach (var report in reports)
        {
            if (Kind.Refuse(state, report) is not null) continue;
            state = Kind.Apply(state, report);
            if (counted.Count == 0 || report.At >= counted.Max(other => other.At)) counted.Add(report);
        }

        Assert.Equal(counted.Count == 0 ? null : counted.Max(report => report.At), state.ObservedAt);
        Assert.Equal(counted.LastOrDefault(report => report.TemperatureC is not null)?.TemperatureC, state.TemperatureC);
        Assert.Equal(counted.LastOrDefault(report => report.WindMps is not null)?.WindMps, state.WindMps);
        Assert.Equal(counted.LastOrDefault(report => report.GustMps is not null)?.GustMps, state.GustMps);
        Assert.Equal(counted.LastOrDefault(report => report.PressureHpa is not null)?.PressureHpa, state.PressureHpa);
        Assert.Equal(counted.LastOrDefault(report => report.HumidityPercent is not null)?.HumidityPercent, state.HumidityPercent);
        Assert.Equal(counted.LastOrDefault(report => report.PrecipitationMmPerHour is not null)?.PrecipitationMmPerHour, state.PrecipitationMmPerHour);
        Assert.Equal(counted.LastOrDefault(report => report.Condition is not null)?.Condition, state.Condition);
    });

    [Fact]
    public void Apply_ReportOlderThanState_ReturnsSameState()
    {
        var state = Kind.Replay(new Observed(At(10), TemperatureC: 21.5));
        Assert.Same(state, Kind.Apply(state, new Observed(At(5), TemperatureC: 19)));
    }

    [Fact]
    public void Apply_PartialReportsOfOneTime_AreMerged() =>
        Assert.Equal((21.5, 4.0, 0.0), Numbers(Kind.Replay(new Observed(At(10), TemperatureC: 21.5), new Observed(At(10), WindMps: 4, WindFromDegrees: 360))));

    public static TheoryData<string, Observed> Refused => new()
    {
        { "says nothing", new Observed(At(20)) },
        { "'temperatureC' is 71", new Observed(At(20), TemperatureC: 71) },
        { "'windMps' is -1", new Observed(At(20), WindMps: -1) },
        { "'windFromDegrees' is 361", new Observed(At(20), WindFromDegrees: 361) },
        { "below the mean wind", new Observed(At(20), WindMps: 10, GustMps: 9) },
        { "'pressureHpa' is 101325", new Observed(At(20), PressureHpa: 101_325) },
        { "'humidityPercent' is NaN", new Observed(At(20), HumidityPercent: double.NaN) },
        { "'precipitationMmPerHour' is 501", new Observed(At(20), PrecipitationMmPerHour: 501) },
        { "'latitude' is 91", new Observed(At(20), Latitude: 91) },
        { "'longitude' is -181", new Observed(At(20), Longitude: -181) },
        { "no WeatherCondition", new Observed(At(20), Condition: (WeatherCondition)99) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Refuse_ImpossibleReport_SaysWhy(string why, Observed e) => Assert.Contains(why, Kind.Refuse(Kind.Initial, e));

    private static (double?, double?, double?) Numbers(WeatherCell cell) => (cell.TemperatureC, cell.WindMps, cell.WindFromDegrees);

    private static DateTimeOffset At(int minutes) => KindGens.Noon.AddMinutes(minutes);
}
