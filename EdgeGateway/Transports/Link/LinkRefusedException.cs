namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>A call of another region that is refused: the same call would be refused again. The reason goes to the caller.</summary>
internal sealed class LinkRefusedException(string reason) : Exception(reason);
