namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>What a client of a topic kind is promised.</summary>
public enum Delivery
{
    /// <summary>An ordered log (match, news): each change arrives, or the client is told what it missed. History is kept and its tail stored.</summary>
    Every,

    /// <summary>A value (ticker, weather): only the newest matters. Offsets rise and may skip; "after" answers the newest.</summary>
    Latest,
}
