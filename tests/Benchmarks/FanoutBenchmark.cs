using System.Diagnostics.Metrics;
using BenchmarkDotNet.Attributes;
using E2EEvents.EdgeGateway;
using E2EEvents.EdgeGateway.Fanout;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace E2EEvents.Benchmarks;

/// <summary>
/// What does a delivery cost before the system call: one update to N subscribers whose sockets take everything at once? Time and bytes are per
/// delivery. The update itself is encoded once inside it, whose cost is spread over N.
/// </summary>
[MemoryDiagnoser]
public class FanoutBenchmark
{
    private const int Few = 1_000;
    private const int Many = 10_000;
    private const int Burst = 50;

    private readonly byte[] _state = StateEncoder.Encode(Samples.Ticker(50));
    private Rig _few = null!;
    private Rig _many = null!;

    [GlobalSetup]
    public void Setup()
    {
        _few = new Rig(Few);
        _many = new Rig(Many);
    }

    [Benchmark(OperationsPerInvoke = Few)]
    public long OneUpdate_To1000() => _few.Publish(_state, 1);

    [Benchmark(OperationsPerInvoke = Many)]
    public long OneUpdate_To10000() => _many.Publish(_state, 1);

    /// <summary>A burst leaves in one write per subscriber.</summary>
    [Benchmark(OperationsPerInvoke = Few * Burst)]
    public long Burst50_To1000() => _few.Publish(_state, Burst);

    private sealed class Rig
    {
        private readonly NullSink _sink = new();
        private readonly FanoutWorker _worker;
        private readonly TopicChannel _channel;
        private long _offset;

        public Rig(int subscribers)
        {
            var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
            var options = Microsoft.Extensions.Options.Options.Create(new FanoutOptions { Workers = 1 });
            var workers = new FanoutWorkers(options, TimeProvider.System, new GatewayMetrics(meters), NullLogger<FanoutWorkers>.Instance);
            _channel = new TopicChannel(new TopicKey("ticker", "x"), Delivery.Every, workers, 256, 1 << 20);
            _worker = workers.Assign(NewConnection());
            for (var i = 0; i < subscribers; i++)
            {
                var connection = NewConnection();
                workers.Assign(connection).Open(connection, []);
                _ = _worker.AttachAsync(new Subscriber(connection, _channel, _channel.Selections.Take(connection.View)!), startsOver: false);
            }

            while (_worker.Backlog > 0) _worker.Round();
            Publish("{}"u8.ToArray(), 1); // from here on every subscriber continues by one
        }

        public long Publish(byte[] state, int updates)
        {
            for (var i = 0; i < updates; i++) _channel.Publish(Samples.Frame(++_offset, state), 1, Accept.NewEpoch);
            while (_worker.Backlog > 0) _worker.Round();
            return _sink.Bytes;
        }

        private Connection NewConnection() => new(_sink, new View(WireFormat.WebSocket), "websocket");
    }

    private sealed class NullSink : IConnectionSink
    {
        public long Bytes { get; private set; }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
        {
            Bytes += bytes.Length;
            return default;
        }

        public void Abort()
        {
        }
    }
}
