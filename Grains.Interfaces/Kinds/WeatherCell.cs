namespace E2EEvents.Grains.Interfaces.Kinds;

/// <summary>Weather over one map cell as last observed; a quantity never reported is null. Topic kind <c>weather</c>, delivery Latest.</summary>
/// <param name="Latitude">Of the cell's centre, degrees north, -90 to 90.</param>
/// <param name="Longitude">Of the cell's centre, degrees east, -180 to 180.</param>
/// <param name="TemperatureC">Air temperature, °C.</param>
/// <param name="WindMps">Mean wind, m/s.</param>
/// <param name="WindFromDegrees">Where the wind comes from, degrees clockwise from north, 0 up to but not including 360.</param>
/// <param name="GustMps">Strongest gust, m/s.</param>
/// <param name="PressureHpa">Air pressure at sea level, hPa.</param>
/// <param name="HumidityPercent">Relative humidity, %.</param>
/// <param name="PrecipitationMmPerHour">Rain or melted snow, mm/h.</param>
/// <param name="Condition">What the sky looks like.</param>
/// <param name="ObservedAt">Time of the newest report, UTC.</param>
[GenerateSerializer, Immutable, Alias("weather.cell")]
public sealed record WeatherCell(
    double? Latitude,
    double? Longitude,
    double? TemperatureC,
    double? WindMps,
    double? WindFromDegrees,
    double? GustMps,
    double? PressureHpa,
    double? HumidityPercent,
    double? PrecipitationMmPerHour,
    WeatherCondition? Condition,
    DateTimeOffset? ObservedAt)
{
    /// <summary>A cell nothing was reported from yet.</summary>
    public static WeatherCell Empty { get; } = new(null, null, null, null, null, null, null, null, null, null, null);
}

/// <summary>One station report; a quantity left out is unchanged. Older than the newest report: no change; of the same time: both count, quantity by quantity.</summary>
/// <param name="At">When it was observed.</param>
/// <param name="TemperatureC">°C, -100 to 70.</param>
/// <param name="WindMps">m/s, 0 to 150.</param>
/// <param name="WindFromDegrees">Degrees clockwise from north, 0 to 360 (360 is kept as 0).</param>
/// <param name="GustMps">m/s, 0 to 200; not below the mean wind of the same report.</param>
/// <param name="PressureHpa">hPa, 800 to 1,100.</param>
/// <param name="HumidityPercent">%, 0 to 100.</param>
/// <param name="PrecipitationMmPerHour">mm/h, 0 to 500.</param>
/// <param name="Condition">What the sky looks like.</param>
/// <param name="Latitude">Degrees north, -90 to 90.</param>
/// <param name="Longitude">Degrees east, -180 to 180.</param>
[GenerateSerializer, Immutable, Alias("weather.observed")]
public sealed record Observed(
    DateTimeOffset At,
    double? TemperatureC = null,
    double? WindMps = null,
    double? WindFromDegrees = null,
    double? GustMps = null,
    double? PressureHpa = null,
    double? HumidityPercent = null,
    double? PrecipitationMmPerHour = null,
    WeatherCondition? Condition = null,
    double? Latitude = null,
    double? Longitude = null);

/// <summary>What the sky looks like.</summary>
public enum WeatherCondition
{
    /// <summary>No cloud worth mentioning.</summary>
    Clear,

    /// <summary>Some cloud.</summary>
    PartlyCloudy,

    /// <summary>The sky is covered.</summary>
    Cloudy,

    /// <summary>Visibility below 1 km.</summary>
    Fog,

    /// <summary>Light rain.</summary>
    Drizzle,

    /// <summary>Rain.</summary>
    Rain,

    /// <summary>Rain and snow mixed.</summary>
    Sleet,

    /// <summary>Snow.</summary>
    Snow,

    /// <summary>Lightning.</summary>
    Thunderstorm,
}
