namespace E2EEvents.Load.Peers.Servers;

/// <summary>A server under measurement, started for one turn.</summary>
internal interface IPeer : IAsyncDisposable
{
    /// <summary>Where subscribers go.</summary>
    Uri Url { get; }

    /// <summary>Where a publisher goes, on 127.0.0.1.</summary>
    int FeedPort { get; }

    /// <summary>Its CPU and memory count, with those of the processes it starts.</summary>
    int ProcessId { get; }
}
