using E2EEvents.Hosting;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Ingest;

/// <summary>Holds events back while their kind has its home in another region, or is about to: nothing is lost, nothing put aside, reading pauses once enough is held.</summary>
internal sealed class HomeGate(string connector, ConnectorOptions options, KnownKinds kinds, RegionCalls calls, ConnectorStatus status, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly Seldom _said = new(TimeSpan.FromMinutes(1), time);

    /// <summary>Ends once events of the kind may be published here.</summary>
    public async ValueTask PassAsync(string kind, CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = await kinds.FindAsync(kind, calls, cancellationToken);

            // One that follows its kind is being stopped then: what is in flight may still arrive.
            if (found is null || (found.IsHere && (!found.Leaving || options.Follows is not null))) break;
            status.Failed($"home of {kind}", $"events wait: its home is region {found.Home}{(found.IsHere ? ", and is being moved away" : "")}");
            if (_said.IsTime(kind)) Log.HeldBack(logger, connector, kind, found.Home);
            await Task.Delay(Every, time, cancellationToken);
        }

        status.Worked($"home of {kind}");
    }
}
