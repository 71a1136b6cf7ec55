using System.Globalization;
using System.Text.Json.Nodes;
using E2EEvents.Torture.Kinds;

namespace E2EEvents.Torture.Load;

/// <summary>What one topic must hold: a pure replay of what its origin accepted. An event is noted before it is written, so that no client can be ahead. Thread-safe.</summary>
internal sealed class Ledger(string topic, Delivery delivery)
{
    private readonly Lock _lock = new();
    private readonly List<string> _chains = [];
    private Tally _tally = Tally.Zero;

    public string Topic { get; } = topic;

    public Delivery Delivery { get; } = delivery;

    /// <summary>Events noted.</summary>
    public long Count
    {
        get
        {
            lock (_lock) return _chains.Count;
        }
    }

    /// <summary>The next event's id; it is part of the replay from now on.</summary>
    public string Next()
    {
        lock (_lock)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"e{_chains.Count + 1}");
            _tally = _tally.With(id);
            _chains.Add(_tally.Chain);
            return id;
        }
    }

    /// <summary>What is wrong with a state at an offset; null = it is that of the replay.</summary>
    public Flaw? Judge(long offset, JsonObject state)
    {
        var count = (long?)state["count"] ?? 0;
        var last = (string?)state["last"] ?? "";
        lock (_lock)
        {
            if (offset > _chains.Count) return new Flaw(FlawKind.Repeated, $"Offset {offset}, but only {_chains.Count} events were ever written: {state.ToJsonString()}");
            if (count == offset && last == $"e{offset}" && (string?)state["chain"] == _chains[(int)offset - 1]) return null;
        }

        var number = last.Length > 1 && long.TryParse(last.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;
        var kind = number > offset ? FlawKind.Lost : number < offset ? FlawKind.Repeated : FlawKind.Reordered;
        return new Flaw(kind, $"At offset {offset} the state is {state.ToJsonString()}, not that of a replay.");
    }
}

/// <summary>How a state differs from the replay.</summary>
internal enum FlawKind
{
    Lost,
    Repeated,
    Reordered,
}

/// <param name="Kind">Which way.</param>
/// <param name="What">For a person.</param>
internal sealed record Flaw(FlawKind Kind, string What);
