using System.Diagnostics;
using System.Globalization;
using E2EEvents.Grains;
using E2EEvents.Streams;
using E2EEvents.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Orleans.Streams.Core;
using StackExchange.Redis;

namespace E2EEvents.Benchmarks;

/// <summary>
/// What an event costs from append to delivery, how fast that can go, how long an event takes when nothing else is going on, and what an idle silo costs:
/// Redis streams (AOF always) beside memory streams, in one run. Producer and silo are this process.
/// </summary>
internal static class StreamsComparison
{
    private const string RedisProvider = "redis";
    private const int Streams = 64, EventBytes = 200, Producers = 256;

    /// <summary>Containers that may wait: memory streams fail at 16,384 a queue.</summary>
    private const int MaxWaiting = 4000;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(8);

    public static async Task<int> RunAsync()
    {
        await using var redis = new RedisServer();
        await redis.StartAsync(CancellationToken.None);
        foreach (var provider in (string[])[IngestStream.Provider, RedisProvider])
        {
            using var host = Silo(provider, redis.Endpoint);
            await host.StartAsync();
            await IdleAsync(provider, redis);
            await LatencyAsync(host, provider, redis);
            foreach (var events in (int[])[1, 100]) await ThroughputAsync(host, provider, redis, events);
            await host.StopAsync();
        }

        return 0;
    }

    private static IHost Silo(string provider, string redis) => Host.CreateEmptyApplicationBuilder(null).With(builder => builder.UseOrleans(silo =>
    {
        silo.UseLocalhostClustering();
        silo.Services.AddSingleton<Taken>();
        silo.Services.AddLogging(logging => logging.AddFilter(level => level >= LogLevel.Warning).AddSimpleConsole());
        if (provider == RedisProvider) silo.AddRedisStreams(provider, streams => streams.UseRedis(redis));
        else silo.AddMemoryIngest();
    })).Build();

    private static async Task IdleAsync(string provider, RedisServer redis)
    {
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        var (started, cpu, redisCpu) = (Stopwatch.StartNew(), Cpu(), Cpu(redis));
        await Task.Delay(Window, TimeProvider.System);
        Write($"{provider,-7} idle: silo {100 * (Cpu() - cpu) / started.Elapsed:0.0} % of a core, Redis {100 * (Cpu(redis) - redisCpu) / started.Elapsed:0.0} %");
    }

    /// <summary>Beside it, in turn, a bare XADD to the same Redis: what one write to this disk takes, which no event can go below.</summary>
    private static async Task LatencyAsync(IHost host, string provider, RedisServer redis)
    {
        await using var bare = await ConnectionMultiplexer.ConnectAsync(redis.Endpoint);
        var taken = host.Services.GetRequiredService<Taken>();
        var stream = StreamOf(host, provider, 0);
        var (whole, after, disk) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 0; i < 420; i++)
        {
            var arrived = taken.Next();
            var started = Stopwatch.GetTimestamp();
            await stream.OnNextAsync(Event(0, i));
            var appended = Stopwatch.GetTimestamp();
            await arrived;
            var ended = Stopwatch.GetTimestamp();
            await PauseAsync();
            var beforeBare = Stopwatch.GetTimestamp();
            await bare.GetDatabase().StreamAddAsync("bare", "f", new byte[EventBytes]);
            if (i >= 20)
            {
                whole.Add(Stopwatch.GetElapsedTime(started, ended).TotalMilliseconds);
                after.Add(Math.Max(0, Stopwatch.GetElapsedTime(appended, ended).TotalMilliseconds));
                disk.Add(Stopwatch.GetElapsedTime(beforeBare).TotalMilliseconds);
            }

            await PauseAsync();
        }

        Write($"{provider,-7} idle latency, p50 / p99 ms: append to consumer {Percentiles(whole)}, acknowledged to consumer {Percentiles(after)}, a bare XADD {Percentiles(disk)}");

        static Task PauseAsync() => Task.Delay(TimeSpan.FromMilliseconds(60 + Random.Shared.Next(60)), TimeProvider.System); // what was done before is deleted by then
    }

    private static string Percentiles(List<double> values)
    {
        values.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{values[values.Count / 2]:0.00} / {values[values.Count * 99 / 100]:0.00}");
    }

    private static async Task ThroughputAsync(IHost host, string provider, RedisServer redis, int events)
    {
        var taken = host.Services.GetRequiredService<Taken>();
        var container = new SourcedEvent[events];
        for (var i = 0; i < events; i++) container[i] = Event(0, i);
        var (started, cpu, redisCpu, before) = (Stopwatch.StartNew(), Cpu(), Cpu(redis), taken.Count);
        long sent = 0;
        var producing = new List<Task>();
        for (var producer = 0; producer < Producers; producer++) producing.Add(ProduceAsync(producer % Streams));
        await Task.WhenAll(producing);
        while (taken.Count - before < sent * events) await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        var took = started.Elapsed;
        var all = (double)sent * events;
        Write($"{provider,-7} {events,3} events a container: {sent / took.TotalSeconds,8:0} containers/s, {all / took.TotalSeconds,8:0} events/s, CPU/event: silo and producer {(Cpu() - cpu).TotalMicroseconds / all:0.0} µs, Redis {(Cpu(redis) - redisCpu).TotalMicroseconds / all:0.0} µs");

        async Task ProduceAsync(int number)
        {
            var stream = StreamOf(host, provider, number);
            while (started.Elapsed < Window)
            {
                if ((Interlocked.Read(ref sent) * events) - (taken.Count - before) > MaxWaiting * events)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
                    continue;
                }

                await stream.OnNextBatchAsync(container);
                Interlocked.Increment(ref sent);
            }
        }
    }

    private static IAsyncStream<SourcedEvent> StreamOf(IHost host, string provider, int number) =>
        host.Services.GetRequiredKeyedService<IStreamProvider>(provider).GetStream<SourcedEvent>(StreamId.Create(Taker.Space, number.ToString(CultureInfo.InvariantCulture)));

    private static SourcedEvent Event(int topic, int number) =>
        new(new TopicKey("ticker", topic.ToString(CultureInfo.InvariantCulture)), new byte[EventBytes], "bench/0", new Sequence(1, Sequence.OrdinalOf((ulong)number)), null, 0);

    private static TimeSpan Cpu() => Environment.CpuUsage.TotalTime;

    private static TimeSpan Cpu(RedisServer redis)
    {
        using var process = Process.GetProcessById(redis.ProcessId);
        return process.TotalProcessorTime;
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private static T With<T>(this T builder, Action<T> configure)
    {
        configure(builder);
        return builder;
    }

    /// <summary>Events taken by all consumers.</summary>
    internal sealed class Taken
    {
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public Task Next() => (_next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        public void Add(int events)
        {
            Interlocked.Add(ref _count, events);
            _next.TrySetResult();
        }
    }

    internal interface ITaker : IGrainWithStringKey;

    /// <summary>Takes events and does nothing with them.</summary>
    [ImplicitStreamSubscription(Space)]
    internal sealed class Taker(Taken taken) : Grain, ITaker, IStreamSubscriptionObserver, IAsyncBatchObserver<SourcedEvent>
    {
        public const string Space = "benchmark";

        public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<SourcedEvent>().ResumeAsync(this);

        public Task OnNextAsync(IList<SequentialItem<SourcedEvent>> items)
        {
            taken.Add(items.Count);
            return Task.CompletedTask;
        }

        public Task OnErrorAsync(Exception ex) => Task.CompletedTask;
    }
}
