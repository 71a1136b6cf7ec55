using System.Diagnostics;
using System.Net;
using System.Text.Json;
using E2EEvents.Grains.Interfaces.Kinds;
using E2EEvents.Testing.Clients;

namespace E2EEvents.EndToEnd.Regions;

/// <summary>Publishes numbered headlines to one news topic through a gateway, one after the other, each until it is accepted: an application with a bad network.</summary>
internal sealed class Poster(string topic)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly DateTimeOffset Start = new(2026, 3, 14, 15, 0, 0, TimeSpan.Zero);
    private readonly List<NewsEvent> _accepted = [];
    private volatile bool _isStopping;
    private Task _running = Task.CompletedTask;

    public string Topic => topic;

    /// <summary>In the order in which they were accepted.</summary>
    public IReadOnlyList<NewsEvent> Accepted => _accepted;

    /// <summary>Where the topic stood with the last of them.</summary>
    public Position Position { get; private set; }

    /// <summary>Longest time that one took, all attempts together.</summary>
    public TimeSpan Longest { get; private set; }

    public void Begin(Uri gateway) => _running = RunAsync(gateway);

    public Task StopAsync()
    {
        _isStopping = true;
        return _running;
    }

    /// <summary>Publishes one and waits until it is accepted.</summary>
    public async Task PostAsync(Uri gateway)
    {
        using var http = new HttpTopicClient(gateway);
        var number = _accepted.Count + 1;
        var e = new ItemPublished($"item-{number:00000}", $"Headline {number} of {topic}", Start.AddSeconds(number));
        var clock = Stopwatch.StartNew();
        HttpAnswer? answer = null;
        await Eventually.TrueAsync(
            async token =>
            {
                answer = await http.PublishAsync(topic, JsonSerializer.Serialize<NewsEvent>(e, StateEncoder.EventOptions), $"{topic}-{number}", token, ("Authorization", "Bearer " + StarWorld.PublishKey));
                return answer.Status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests);
            },
            TimeSpan.FromSeconds(60), () => answer, what: $"headline {number} of {topic} accepted");
        if (answer!.Status != HttpStatusCode.OK) Assert.Fail($"Headline {number} of {topic}: {answer}");
        Position = Position.TryParse($"{answer.Json["epoch"]!.GetValue<string>()}:{answer.Json["offset"]!.GetValue<long>()}", out var position) ? position : throw new FormatException(answer.ToString());
        _accepted.Add(e);
        if (clock.Elapsed > Longest) Longest = clock.Elapsed;
    }

    private async Task RunAsync(Uri gateway)
    {
        while (!_isStopping)
        {
            await PostAsync(gateway);
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }
}
