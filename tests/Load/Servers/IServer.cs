using E2EEvents.Load.Clients;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Servers;

/// <summary>What is measured, with the source that feeds it.</summary>
internal interface IServer : IAsyncDisposable
{
    /// <summary>What CPU and memory are of, in words.</summary>
    string Measured { get; }

    Uri Url { get; }

    /// <summary>Processes whose cost counts; the one that holds the connections is called gateway.</summary>
    IReadOnlyDictionary<string, int> Processes { get; }

    TopicSet Topics { get; }

    Task StartSourceAsync(CancellationToken cancellationToken);

    /// <summary>Stops it; null if it cannot be stopped.</summary>
    Task<SourceReport?> StopSourceAsync(CancellationToken cancellationToken);
}
