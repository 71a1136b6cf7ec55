using E2EEvents.Load.Clients;
using E2EEvents.Load.Measuring;
using E2EEvents.Load.Servers;
using StackExchange.Redis;

namespace E2EEvents.Load.Sources;

/// <summary>Role <c>publish</c>: adds entries to a Redis stream at a rate, as an origin does.</summary>
internal sealed class Publisher(IDatabase redis, RedisKey stream, Events events, Schedule schedule, int topics, Clock clock)
{
    private const int MaxUnderWay = 10_000;
    private const int KeptEntries = 1_000_000;

    private readonly Queue<Task> _underWay = new();
    private volatile bool _isRunning;
    private Task _making = Task.CompletedTask;

    public static async Task<int> RunAsync(LoadOptions options)
    {
        if (options.Redis.Length == 0)
        {
            await Console.Error.WriteLineAsync("publish needs --redis host:port.");
            return 2;
        }

        var clock = new Clock(TimeProvider.System);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options.Redis + ",abortConnect=false");
        var events = new Events(options.Topics, options.Delivery, options.Bytes);
        var publisher = new Publisher(connection.GetDatabase(), options.Stream, events, new Schedule(options.Topics, options.Rate, clock), options.Topics, clock);
        await publisher.PrimeAsync();
        await RoleHost.ServeAsync("ready", async order =>
        {
            if (order != "start") return await publisher.StopAsync();
            publisher.Start();
            return "started";
        });
        return 0;
    }

    /// <summary>One entry for each topic, so that there is a state to begin with.</summary>
    private async Task PrimeAsync()
    {
        for (var topic = 0; topic < topics; topic++) await AddAsync(topic, clock.Now);
        await AllAddedAsync();
    }

    private void Start()
    {
        schedule.Start();
        _isRunning = true;
        _making = MakeAsync();
    }

    private async Task<SourceReport> StopAsync()
    {
        _isRunning = false;
        await _making;
        await AllAddedAsync();
        return new SourceReport(schedule.Made, schedule.LatestMicroseconds / 1e3, ProcessUsage.Of(Environment.ProcessId).CpuSeconds);
    }

    private async Task MakeAsync()
    {
        while (_isRunning)
        {
            while (schedule.TryNext(out var topic, out var dueAt)) await AddAsync(topic, dueAt);
            await clock.DelayAsync(schedule.UntilNext(), CancellationToken.None);
        }
    }

    private async ValueTask AddAsync(int topic, long dueAt)
    {
        _underWay.Enqueue(redis.StreamAddAsync(stream, "data", events.Next(topic, dueAt), maxLength: KeptEntries, useApproximateMaxLength: true));
        while (_underWay.Count > MaxUnderWay || (_underWay.TryPeek(out var oldest) && oldest.IsCompleted)) await _underWay.Dequeue();
    }

    private async Task AllAddedAsync()
    {
        while (_underWay.TryDequeue(out var adding)) await adding;
    }
}
