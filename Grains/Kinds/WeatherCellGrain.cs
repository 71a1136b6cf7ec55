using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Kinds;

/// <summary>Weather over the cells of a map.</summary>
[TopicKind("weather", Delivery.Latest)]
public sealed class WeatherCellGrain : TopicGrain<WeatherCell, Observed>
{
    protected override WeatherCell Initial => WeatherCell.Empty;

    protected override string? Refuse(WeatherCell state, Observed e) => Checks.First(
        Checks.Range("temperatureC", e.TemperatureC, -100, 70),
        Checks.Range("windMps", e.WindMps, 0, 150),
        Checks.Range("windFromDegrees", e.WindFromDegrees, 0, 360),
        Checks.Range("gustMps", e.GustMps, 0, 200),
        Checks.Range("pressureHpa", e.PressureHpa, 800, 1100),
        Checks.Range("humidityPercent", e.HumidityPercent, 0, 100),
        Checks.Range("precipitationMmPerHour", e.PrecipitationMmPerHour, 0, 500),
        Checks.Range("latitude", e.Latitude, -90, 90),
        Checks.Range("longitude", e.Longitude, -180, 180),
        Checks.Known("condition", e.Condition),
        e.GustMps < e.WindMps ? FormattableString.Invariant($"A gust of {e.GustMps} m/s is below the mean wind of {e.WindMps} m/s.") : null,
        e == new Observed(e.At) ? "The report says nothing." : null);

    // Total: what is refused changes nothing here either. Stations repeat and overtake each other: an old report is no error.
    protected override WeatherCell Apply(WeatherCell state, Observed e)
    {
        if (e.At < state.ObservedAt || Refuse(state, e) is not null) return state;
        var next = new WeatherCell(
            e.Latitude ?? state.Latitude,
            e.Longitude ?? state.Longitude,
            e.TemperatureC ?? state.TemperatureC,
            e.WindMps ?? state.WindMps,
            e.WindFromDegrees is 360 ? 0 : e.WindFromDegrees ?? state.WindFromDegrees,
            e.GustMps ?? state.GustMps,
            e.PressureHpa ?? state.PressureHpa,
            e.HumidityPercent ?? state.HumidityPercent,
            e.PrecipitationMmPerHour ?? state.PrecipitationMmPerHour,
            e.Condition ?? state.Condition,
            e.At);
        return next == state ? state : next;
    }
}
