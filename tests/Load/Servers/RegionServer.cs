namespace E2EEvents.Load.Servers;

internal sealed class RegionServer
{
    public static Task<IServer> StartAsync(LoadOptions options, CancellationToken cancellationToken) => throw new NotSupportedException();
}
