using E2EEvents.Grains.Interfaces.Topics;

namespace E2EEvents.Grains.Interfaces.Wire;

/// <summary>The state of a topic at one position, encoded once, at home. Immutable; shared by all readers of a process.</summary>
/// <param name="position">Where it stands.</param>
/// <param name="state">The state as UTF-8 JSON object without nulls outside arrays (<see cref="StateEncoder"/>).</param>
/// <param name="originTime">When the event happened at its origin, Unix µs; 0 = not known.</param>
/// <param name="homeTime">When home committed it, home's Unix µs.</param>
/// <param name="transaction">The origin's transaction, or null.</param>
/// <param name="edgeTime">When the nearest replica region took it over, on home's clock, Unix µs; 0 = at home.</param>
public sealed class Frame(Position position, ReadOnlyMemory<byte> state, long originTime, long homeTime, string? transaction = null, long edgeTime = 0)
{
    /// <summary>Where it stands.</summary>
    public Position Position { get; } = position;

    /// <summary>UTF-8 JSON object.</summary>
    public ReadOnlyMemory<byte> State { get; } = state;

    /// <summary>When the event happened at its origin, Unix µs; 0 = not known.</summary>
    public long OriginTime { get; } = originTime;

    /// <summary>When home committed it, home's Unix µs.</summary>
    public long HomeTime { get; } = homeTime;

    /// <summary>The origin's transaction, or null.</summary>
    public string? Transaction { get; } = transaction;

    /// <summary>When the nearest replica region took it over, on home's clock, Unix µs; 0 = at home.</summary>
    public long EdgeTime { get; } = edgeTime;
}
