using System.Net;
using E2EEvents.Testing.Clients;

namespace E2EEvents.Torture.Load;

/// <summary>An application that publishes over HTTP, one event after the other, each with a key of its own and again until it is told "accepted".</summary>
internal sealed class Publisher(IReadOnlyList<Uri> gateways, Ledger topic, string key, TimeSpan pause) : IDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(300);

    private readonly List<HttpTopicClient> _clients = [.. System.Linq.Enumerable.Select(gateways, gateway => new HttpTopicClient(gateway))];
    private int _at;

    /// <summary>Events accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>The first answer that was wrong; null = none.</summary>
    public string? Breach { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await PublishAsync(topic.Next(), topic.Count);
            Accepted++;
            await Task.Delay(pause, TimeProvider.System, CancellationToken.None);
        }
    }

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    private async Task PublishAsync(string id, long number)
    {
        while (true)
        {
            var answer = await TryAsync(id);
            if (answer?.Status == HttpStatusCode.OK)
            {
                var offset = (long?)answer.Json["offset"];
                var duplicate = (bool?)answer.Json["duplicate"] == true;
                if (!duplicate && offset != number) Breach ??= $"{topic.Topic}: event {id} was accepted at offset {offset} instead of {number}.";
                return;
            }

            if (answer is { Status: HttpStatusCode.UnprocessableEntity or HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized }) Breach ??= $"{topic.Topic}: event {id} was answered {answer}";
            _at++; // another gateway may answer
            await Task.Delay(Retry, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task<HttpAnswer?> TryAsync(string id)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10), TimeProvider.System);
        try
        {
            return await _clients[_at % _clients.Count].PublishAsync(topic.Topic, $$"""{"id":"{{id}}"}""", $"{topic.Topic}/{id}", deadline.Token, ("Authorization", $"Bearer {key}"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            return null; // the outcome is not known: published again under the same key
        }
    }
}
