using BenchmarkDotNet.Attributes;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Benchmarks;

/// <summary>What does a topic's log cost: a change staged and committed, and a reader's 16 frames behind the top?</summary>
[MemoryDiagnoser]
public class TopicLogBenchmark
{
    private readonly byte[] _state = StateEncoder.Encode(Samples.Ticker(50));
    private readonly List<Frame> _read = [];
    private TopicLog _every = null!;
    private TopicLog _latest = null!;

    [GlobalSetup]
    public void Setup()
    {
        _every = new TopicLog("match/x", Delivery.Every, Samples.Epoch, [], new HistoryOptions());
        _latest = new TopicLog("ticker/x", Delivery.Latest, Samples.Epoch, [], new HistoryOptions());
        for (var i = 0; i < 300; i++) Change(_every);
    }

    [Benchmark]
    public void StageAndCommit_Every() => Change(_every);

    [Benchmark]
    public void StageAndCommit_Latest() => Change(_latest);

    [Benchmark]
    public int ReadAfter_16Frames()
    {
        _read.Clear();
        _every.Read(new Position(Samples.Epoch, _every.Position.Offset - 16), 1 << 20, _read);
        return _read.Count;
    }

    private void Change(TopicLog log)
    {
        log.Stage(_state, 0, null);
        log.Seal(1_773_500_000_001_000);
        log.Commit(log.StagedTop);
    }
}
