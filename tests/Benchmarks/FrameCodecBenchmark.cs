using BenchmarkDotNet.Attributes;

namespace E2EEvents.Benchmarks;

/// <summary>What does a frame cost between silo and gateway: written into a batch of 100, and read out of it?</summary>
[MemoryDiagnoser]
public class FrameCodecBenchmark
{
    private const int Frames = 100;

    private readonly Frame[] _frames = new Frame[Frames];
    private byte[] _batch = [];

    [GlobalSetup]
    public void Setup()
    {
        var state = StateEncoder.Encode(Samples.Ticker(50));
        for (var i = 0; i < Frames; i++) _frames[i] = Samples.Frame(i + 1, state);
        _batch = Encode();
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public byte[] Encode()
    {
        var writer = new FrameWriter();
        foreach (var frame in _frames) writer.Write(17, "ticker/XETR-EXA", frame);
        return writer.ToArray();
    }

    [Benchmark(OperationsPerInvoke = Frames)]
    public long Decode()
    {
        var reader = new FrameReader(_batch);
        var sum = 0L;
        while (reader.TryRead(out var entry)) sum += entry.Frame.Position.Offset;
        return sum;
    }
}
