namespace E2EEvents.EdgeGateway.Transports.Link;

internal sealed class LinkCallHandler(Feeds.KindMap kinds)
{
    public async Task<byte[]> HandleAsync(string callerRegion, Grains.Interfaces.Regions.LinkMethod method, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (method == Grains.Interfaces.Regions.LinkMethod.Terms) return "[]"u8.ToArray();
        throw new LinkRefusedException($"{callerRegion} {method} {body.Length} {kinds.IsLoaded} {cancellationToken.CanBeCanceled}");
    }
}

internal sealed class LinkRefusedException(string reason) : Exception(reason);
