namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>What one region asks another over a link, besides following topics. Numbers are on the wire: never change one (Wire/LINK.md).</summary>
public enum LinkMethod
{
    /// <summary>Publish an event to a topic whose home is upstream. Body and reply: <c>LinkCalls</c>.</summary>
    Publish = 1,

    /// <summary>A page of the catalogue of a kind.</summary>
    List = 2,

    /// <summary>The stored record of a topic, for a standby region.</summary>
    Record = 3,

    /// <summary>Announces a planned move: the kind's home will be the caller. Connectors stop.</summary>
    Leave = 4,

    /// <summary>Hands topics over for good: they are fenced here and their records returned.</summary>
    HandOver = 5,

    /// <summary>A connector's checkpoint.</summary>
    Checkpoint = 6,

    /// <summary>Terms that the caller knows, and back those known here.</summary>
    Terms = 7,

    /// <summary>Frames after a position, from upstream's history.</summary>
    Read = 8,

    /// <summary>Where topics went on that were taken over from copies: asked by a former home of its successor.</summary>
    Continued = 9,
}
