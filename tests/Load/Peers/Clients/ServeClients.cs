using System.Globalization;
using E2EEvents.Load.Clients;
using E2EEvents.Load.Peers.Sources;
using E2EEvents.Load.Servers;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Peers.Clients;

/// <summary>
/// Role <c>peer-clients</c>: subscribers of one server, and in the first such process the publisher too. Orders: <c>open count perSecond</c>, <c>close</c>,
/// <c>start</c>, <c>stop</c>, <c>measure</c>, <c>figures</c>, <c>behind n,n,…</c>.
/// </summary>
internal sealed class ServeClients : IDisposable
{
    private const int ProbeCount = 8;

    private static readonly TimeSpan QuietLimit = TimeSpan.FromSeconds(15);

    private readonly ClientsOptions _options;
    private readonly Clock _clock = new(TimeProvider.System);
    private readonly PeerCrowd _crowd;
    private Probes? _probes;
    private PeerPublisher? _publisher;
    private long _measuringSince;

    private ServeClients(ClientsOptions options)
    {
        _options = options;
        var topics = new TopicSet(options.TopicNames, options.TopicsPerSubscriber, Delivery.Every);
        _crowd = new PeerCrowd(new Target(options.Url, options.Addresses), topics, PeerProtocol.Of(options.Peer), options.First, options.Step, _clock);
    }

    public static async Task<int> RunAsync(IReadOnlyList<string> words)
    {
        if (ClientsOptions.Read(words, Console.Error) is not { } options) return 2;
        using var role = new ServeClients(options);
        await RoleHost.ServeAsync("ready", order => role.CarryOutAsync(order.Split(' ')));
        return 0;
    }

    public void Dispose()
    {
        _publisher?.Dispose();
        _crowd.Dispose();
        _probes?.Dispose();
    }

    private async Task<object> CarryOutAsync(string[] order)
    {
        switch (order[0])
        {
            case "open":
                return await OpenAsync(int.Parse(order[1], CultureInfo.InvariantCulture), double.Parse(order[2], CultureInfo.InvariantCulture));
            case "close":
                await _crowd.CloseAllAsync();
                return "closed";
            case "start":
                return Start();
            case "stop":
                return Stop();
            case "measure":
                _measuringSince = _clock.Timestamp;
                await _crowd.MeasureAsync(true);
                return "measuring";
            case "figures":
                await _crowd.MeasureAsync(false);
                return await _crowd.FiguresAsync(_clock.MicrosecondsSince(_measuringSince) / 1e6);
            case "behind":
                return await _crowd.BehindAsync(Array.ConvertAll(order[1].Split(','), text => long.Parse(text, CultureInfo.InvariantCulture)), QuietLimit);
            default:
                return $"'{order[0]}' is no order of this role";
        }
    }

    private Task<int> OpenAsync(int count, double perSecond)
    {
        var probeCount = Math.Min(ProbeCount, count);
        if (_options.Ahead > 0) _probes ??= new Probes(probeCount, _options.Ahead);
        return _crowd.OpenAsync(count, perSecond, _probes, probeCount);
    }

    private string Start()
    {
        var schedule = new Schedule(_options.TopicNames.Length, _options.Rate, _clock, _options.Bursts);
        _publisher = new PeerPublisher(Feed.Of(_options.Peer, _options.FeedPort), _options.TopicNames.Length, _options.Bytes, schedule, _probes, _clock);
        _publisher.Start();
        return "started";
    }

    private Published Stop()
    {
        var report = _publisher!.Stop();
        var numbers = new long[_options.TopicNames.Length];
        for (var topic = 0; topic < numbers.Length; topic++) numbers[topic] = _publisher.PublishedOf(topic);
        return new Published(report.Updates, report.LatestMs, _publisher.Stalls, numbers);
    }
}

/// <summary>What a publisher did.</summary>
/// <param name="Updates">Of all topics.</param>
/// <param name="LatestMs">Most that one left after it was due: above some ms the client processes' core is too busy.</param>
/// <param name="Stalls">Times that a closed loop stood still.</param>
/// <param name="Numbers">Of the last update, by topic.</param>
internal sealed record Published(long Updates, double LatestMs, int Stalls, long[] Numbers);
