namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Hears that a channel has something new, for readers that are no client connections. Called on the publishing thread: must neither block nor call back.</summary>
internal interface IChannelListener
{
    void OnChanged();
}
