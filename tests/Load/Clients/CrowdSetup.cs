using E2EEvents.Load.Servers;

namespace E2EEvents.Load.Clients;

/// <summary>What a client process is told before anything else.</summary>
internal sealed record CrowdSetup(
    string Url, string Transport, string[] Topics, int TopicsPerConnection, Delivery Delivery, string Query, double PollSeconds, int Threads, int Addresses, int First, int Step)
{
    public static CrowdSetup Of(LoadOptions options, string transport, IServer server, int process, int processes)
    {
        var names = new string[server.Topics.Count];
        for (var i = 0; i < names.Length; i++) names[i] = server.Topics.NameOf(i);
        return new CrowdSetup(
            server.Url.ToString(), transport, names, server.Topics.PerConnection, server.Topics.Delivery, options.Query, options.PollEvery.TotalSeconds,
            options.Threads, options.Addresses, process, processes);
    }

    public Crowd Create(Clock clock) => new(
        Threads, Transport, new Target(new Uri(Url), Addresses), new TopicSet(Topics, TopicsPerConnection, Delivery), clock, Query, TimeSpan.FromSeconds(PollSeconds), First, Step);

    /// <summary>Positions as pairs of epoch and offset.</summary>
    public static long[][] Numbers(Position[] positions) => Array.ConvertAll(positions, position => new[] { unchecked((long)position.Epoch), position.Offset });

    /// <inheritdoc cref="Numbers"/>
    public static Position[] Positions(long[][] numbers) => Array.ConvertAll(numbers, pair => new Position(unchecked((ulong)pair[0]), pair[1]));
}
