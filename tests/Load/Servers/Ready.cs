namespace E2EEvents.Load.Servers;

/// <summary>First word of a server role.</summary>
/// <param name="Url">Where clients go.</param>
/// <param name="Processes">Name to id of the processes whose cost is measured.</param>
/// <param name="Redis">host:port of the Redis that feeds it; null = it feeds itself.</param>
internal sealed record Ready(string Url, Dictionary<string, int> Processes, string? Redis);
