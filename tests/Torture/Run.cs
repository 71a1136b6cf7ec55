using System.Net.Http.Json;
using System.Text.Json.Nodes;
using E2EEvents.Torture.Checking;
using E2EEvents.Torture.Faults;
using E2EEvents.Torture.Load;

namespace E2EEvents.Torture;

/// <summary>One region tortured for a while, and judged.</summary>
internal static class Run
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(180);

    public static async Task<Verdict> TortureAsync(TortureOptions options, Database database, CancellationToken cancellationToken)
    {
        var length = TimeSpan.FromMinutes(options.Minutes) / options.Databases.Count;
        var verdict = new Verdict { Minutes = length.TotalMinutes, Seed = options.Seed };
        Console.WriteLine($"== {database}: two silos, two gateways, two connector processes; {length.TotalMinutes:0.#} minutes, seed {options.Seed}");
        await using var world = await World.StartAsync(options, database, cancellationToken);
        await using var crowd = new Crowd(world.GatewayUris, world.Topics, options.Clients, options.Seed);
        var publishers = world.Posted.ConvertAll(topic => new Publisher(world.GatewayUris, topic, World.PublishKey, TimeSpan.FromMilliseconds(100)));
        using (var loading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            Task[] load = [.. world.Origins.ConvertAll(origin => origin.RunAsync(loading.Token)), .. publishers.ConvertAll(publisher => publisher.RunAsync(loading.Token))];
            try
            {
                await Task.WhenAny(Task.WhenAll(load), new Storm(world, new Random(options.Seed), verdict).RunAsync(length, cancellationToken)).Unwrap();
                Console.WriteLine("== calm: everything is mended, and must catch up");
                await world.ReadyAsync(Recovery, cancellationToken);
            }
            finally
            {
                await loading.CancelAsync();
            }

            await Task.WhenAll(load).WaitAsync(Recovery, TimeProvider.System, cancellationToken);
        }

        await JudgeAsync(world, crowd, publishers, verdict, cancellationToken);
        publishers.ForEach(publisher => publisher.Dispose());
        return verdict;
    }

    private static async Task JudgeAsync(World world, Crowd crowd, List<Publisher> publishers, Verdict verdict, CancellationToken cancellationToken)
    {
        await crowd.ReachEndAsync(CatchUp, verdict);
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        foreach (var topic in world.Topics)
        {
            foreach (var gateway in world.GatewayUris) await JudgeFinalAsync(http, gateway, topic, verdict, cancellationToken);
        }

        foreach (var publisher in publishers)
        {
            verdict.Published += publisher.Accepted;
            if (publisher.Breach is not { } breach) continue;
            verdict.WrongAnswers++;
            verdict.Note(breach);
        }

        foreach (var origin in world.Origins) (verdict.Events, verdict.Poison) = (verdict.Events + origin.Written, verdict.Poison + origin.Poison);
        await JudgeLettersAsync(http, world, verdict, cancellationToken);
        crowd.Judge(verdict);
    }

    private static async Task JudgeFinalAsync(HttpClient http, Uri gateway, Ledger topic, Verdict verdict, CancellationToken cancellationToken)
    {
        if (topic.Count == 0) return;
        var envelope = await http.GetFromJsonAsync<JsonObject>(new Uri(gateway, "topics/" + topic.Topic), cancellationToken);
        var offset = (long)envelope!["offset"]!;
        if (topic.Judge(offset, envelope["state"]!.AsObject()) is { } flaw) verdict.Add(flaw);
        else if (offset < topic.Count) verdict.Add(new Flaw(FlawKind.Lost, $"The final state of {topic.Topic} at {gateway} is {offset} of {topic.Count}."));
    }

    /// <summary>Every poison event is a dead letter, once.</summary>
    private static async Task JudgeLettersAsync(HttpClient http, World world, Verdict verdict, CancellationToken cancellationToken)
    {
        long letters = 0;
        foreach (var kind in (string[])["tally", "newest-tally"])
        {
            letters += (long)(await http.GetFromJsonAsync<JsonObject>(new Uri(world.Gateways[0].OperationsUri, "dead-letters/" + kind), cancellationToken))!["total"]!;
        }

        if (letters == verdict.Poison) return;
        verdict.WrongAnswers++;
        verdict.Note($"{verdict.Poison} poison events became {letters} dead letters.");
    }
}
