namespace E2EEvents.Load.Servers;

/// <summary>First word of the role <c>up-regions</c>.</summary>
/// <param name="Home">Where clients at home go.</param>
/// <param name="Edge">Where clients of the edge region go.</param>
/// <param name="Processes">Name to id of the processes whose cost is measured.</param>
/// <param name="Redis">host:port of the Redis that feeds home; null = home feeds itself.</param>
internal sealed record RegionsReady(string Home, string Edge, Dictionary<string, int> Processes, string? Redis);

/// <summary>What has passed the link so far.</summary>
/// <param name="Down">Bytes to the edge, TLS and WebSocket included.</param>
/// <param name="Up">Bytes to home.</param>
/// <param name="Accepted">Connections ever opened.</param>
internal sealed record LinkBytes(long Down, long Up, int Accepted);
