using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Connectors.Sample;

/// <summary>
/// The weather of a round on a grid of 5 × 10 cells, <c>weather/cell-00-00</c> (north-west) to <c>weather/cell-04-09</c>: pressure, moisture and temperature are
/// smooth fields that drift over the map; wind, rain and sky follow from them.
/// </summary>
internal static class WeatherScript
{
    public const int Rows = 5;
    public const int Columns = 10;

    private const double ShareOfPartialReports = 0.2;
    private const double NorthEdge = 60;
    private const double WestEdge = -12;
    private const double CellDegrees = 4;
    private const double StormMps = 22;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    public static void Play(RoundScript script, NewsScript news)
    {
        var random = script.Random("weather");
        var sky = new Sky(script.Seed);
        for (var row = 0; row < Rows; row++)
        {
            for (var column = 0; column < Columns; column++) PlayCell(script, random, sky, row, column);
        }

        WarnOfStorm(script, news, sky);
    }

    private static void PlayCell(RoundScript script, SampleRandom random, Sky sky, int row, int column)
    {
        var topic = TopicOf(row, column);

        // Stations report one after the other, scattered over the map, not all at once.
        var index = ((row * Columns) + column) * 7 % (Rows * Columns);
        for (var at = Interval * index / (Rows * Columns); at < script.Length; at += Interval)
        {
            var report = sky.Observe(row, column, script.Start + at, script.Stamp(at));
            report = at < Interval ? report with { Latitude = LatitudeOf(row), Longitude = LongitudeOf(column) } : LeaveOut(random, report);
            script.Add(at, topic, report);
        }
    }

    private static Observed LeaveOut(SampleRandom random, Observed report) => !random.Chance(ShareOfPartialReports) ? report : random.Number(0, 2) switch
    {
        0 => report with { PressureHpa = null, HumidityPercent = null },
        1 => report with { WindMps = null, WindFromDegrees = null, GustMps = null },
        _ => report with { PrecipitationMmPerHour = null, Condition = null },
    };

    private static void WarnOfStorm(RoundScript script, NewsScript news, Sky sky)
    {
        var at = TimeSpan.FromMinutes(10);
        var (strongest, topic) = (0.0, default(TopicKey));
        for (var cell = 0; cell < Rows * Columns; cell++)
        {
            var gust = sky.Observe(cell / Columns, cell % Columns, script.Start + at, script.Stamp(at)).GustMps ?? 0;
            if (gust > strongest) (strongest, topic) = (gust, TopicOf(cell / Columns, cell % Columns));
        }

        if (strongest < StormMps) return;
        news.Publish(at, "weather", topic.ToString(), FormattableString.Invariant($"Storm warning: gusts of {strongest:0} m/s"), $"Strongest at {topic.Key}.");
    }

    private static TopicKey TopicOf(int row, int column) => new("weather", FormattableString.Invariant($"cell-{row:00}-{column:00}"));

    private static double LatitudeOf(int row) => NorthEdge - (CellDegrees * row);

    private static double LongitudeOf(int column) => WestEdge + (CellDegrees * column);

    /// <summary>The fields.</summary>
    private sealed class Sky(ulong seed)
    {
        private readonly Field _pressure = new(new SampleRandom(SampleRandom.Seed(seed, "pressure")));
        private readonly Field _moisture = new(new SampleRandom(SampleRandom.Seed(seed, "moisture")));
        private readonly Field _warmth = new(new SampleRandom(SampleRandom.Seed(seed, "warmth")));

        public Observed Observe(int row, int column, TimeSpan since, DateTimeOffset at)
        {
            var hours = since.TotalHours;
            var pressure = Pressure(row, column, hours);
            var moisture = _moisture.At(column, row, hours);
            var day = Math.Sin(2 * Math.PI * (hours - 9) / 24);
            var temperature = 17 - (0.8 * (LatitudeOf(row) - 50)) + (5 * day) + (5 * _warmth.At(column, row, hours));
            var humidity = Math.Clamp(68 + (28 * moisture) - (8 * day), 15, 100);
            var rain = Math.Max(0, moisture - 0.3 + ((1013 - pressure) / 70)) * 5;
            var (wind, from) = Wind(row, column, hours);
            return new Observed(
                at,
                Math.Round(temperature, 1),
                Math.Round(wind, 1),
                Math.Round(from) % 360,
                Math.Round(wind * (1.4 + (0.4 * Math.Max(0, moisture))), 1),
                Math.Round(pressure, 1),
                Math.Round(humidity),
                Math.Round(rain, 1),
                ConditionOf(temperature, Math.Round(rain, 1), moisture, humidity, wind));
        }

        private double Pressure(double row, double column, double hours) => 1013 + (16 * _pressure.At(column, row, hours));

        // North of the equator wind runs along the isobars with the low on its left.
        private (double Mps, double FromDegrees) Wind(int row, int column, double hours)
        {
            var east = (Pressure(row, column + 0.5, hours) - Pressure(row, column - 0.5, hours)) * 1.4;
            var north = (Pressure(row - 0.5, column, hours) - Pressure(row + 0.5, column, hours)) * 1.4;
            var (towardsEast, towardsNorth) = (-north, east);
            var from = Math.Atan2(-towardsEast, -towardsNorth) * 180 / Math.PI;
            return (Math.Min(Math.Sqrt((east * east) + (north * north)), 45), from < 0 ? from + 360 : from);
        }

        private static WeatherCondition ConditionOf(double temperature, double rain, double moisture, double humidity, double wind) => rain switch
        {
            > 0 when temperature < 0 => WeatherCondition.Snow,
            > 0 when temperature < 2 => WeatherCondition.Sleet,
            > 3 when temperature > 18 => WeatherCondition.Thunderstorm,
            > 0.5 => WeatherCondition.Rain,
            > 0 => WeatherCondition.Drizzle,
            _ when humidity > 90 && wind < 2 => WeatherCondition.Fog,
            _ when moisture > 0.2 => WeatherCondition.Cloudy,
            _ when moisture > -0.25 => WeatherCondition.PartlyCloudy,
            _ => WeatherCondition.Clear,
        };
    }

    /// <summary>A smooth field that drifts: a few plane waves of random direction, length and pace. Roughly -1 to 1.</summary>
    private sealed class Field
    {
        private const int Waves = 5;
        private readonly (double X, double Y, double Hour, double Phase, double Height)[] _waves = new (double, double, double, double, double)[Waves];

        public Field(SampleRandom random)
        {
            for (var i = 0; i < Waves; i++)
            {
                var length = 2 * Math.PI / (5 + (9 * random.Fraction()));
                var direction = 2 * Math.PI * random.Fraction();
                var pace = 2 * Math.PI / (5 + (12 * random.Fraction()));
                _waves[i] = (length * Math.Cos(direction), length * Math.Sin(direction), pace, 2 * Math.PI * random.Fraction(), 0.55 / (1 + (0.35 * i)));
            }
        }

        public double At(double x, double y, double hours)
        {
            var sum = 0.0;
            foreach (var wave in _waves) sum += wave.Height * Math.Sin((wave.X * x) + (wave.Y * y) - (wave.Hour * hours) + wave.Phase);
            return sum;
        }
    }
}
