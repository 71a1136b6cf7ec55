using System.Text.Json;
using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Load.Sources;

/// <summary>
/// Events of the product's own kinds, each of which changes its topic. Every: fixtures of a match whose round counts up. Latest: trades of a
/// ticker. A state has some 150 to 400 bytes; the venue of a fixture and the name of an instrument take up padding, up to 100 characters.
/// </summary>
internal sealed class Events(int topics, Delivery delivery, int bytes)
{
    private readonly string[] _names = TopicNames(topics, delivery);
    private readonly long[] _numbers = new long[topics];
    private readonly string _padding = new('x', Math.Clamp(bytes - 200, 1, 100));

    public static string[] TopicNames(int topics, Delivery delivery)
    {
        var names = new string[topics];
        for (var i = 0; i < topics; i++) names[i] = delivery == Delivery.Every ? $"match/load-{i}" : $"ticker/load-{i}";
        return names;
    }

    /// <summary>The next entry of a topic, as connectors take it by default, with the time it was due (Unix µs).</summary>
    public byte[] Next(int topic, long dueAt)
    {
        var number = ++_numbers[topic];
        var e = delivery == Delivery.Every ? Fixture(number) : Trade(number, dueAt);
        return JsonSerializer.SerializeToUtf8Bytes(new Entry(_names[topic], dueAt, e), JsonSerializerOptions.Web);
    }

    private JsonElement Fixture(long number) => Written<MatchEvent>(new FixtureAnnounced(
        "Load League", new Team("HOM", "Home Town"), new Team("AWA", "Away Town"), DateTimeOffset.UnixEpoch.AddYears(60), _padding, $"Round {number}"));

    // The first names the instrument. Prices walk, so that states differ as real ones do.
    private JsonElement Trade(long number, long dueAt) => Written<TickerEvent>(number == 1
        ? new InstrumentListed(_padding, "EUR", "Load Exchange")
        : new Traded(100 + (number % 1000 / 100m), 1 + (number % 10), DateTimeOffset.UnixEpoch.AddMicroseconds(dueAt), number));

    /// <summary>As its base, so that its <c>type</c> is written too.</summary>
    private static JsonElement Written<TEvent>(TEvent e) => JsonSerializer.SerializeToElement(e, StateEncoder.EventOptions);

    private sealed record Entry(string Topic, long Due, JsonElement Event);
}
