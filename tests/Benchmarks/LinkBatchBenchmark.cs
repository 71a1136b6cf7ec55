using System.Globalization;
using System.IO.Compression;
using BenchmarkDotNet.Attributes;

namespace E2EEvents.Benchmarks;

/// <summary>What does it cost to compress a link's batch of frames, and what does it save? Sizes are printed once before the runs.</summary>
[MemoryDiagnoser]
public class LinkBatchBenchmark
{
    private byte[] _batch = [];
    private byte[] _compressed = [];

    [Params(2, 20, 150)]
    public int Frames { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(7);
        var writer = new FrameWriter();
        for (var i = 0; i < Frames; i++)
        {
            var ticker = Samples.Ticker(random.Next(1, 900)) with
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"Company {random.Next(10_000)} Holding"),
                Last = random.Next(1000, 90_000) / 100m,
                Bid = random.Next(1000, 90_000) / 100m,
                Ask = random.Next(1000, 90_000) / 100m,
                Volume = random.Next(1_000_000),
            };
            writer.Write(random.Next(1, 1000), "", Samples.Frame(random.Next(1, 100_000), StateEncoder.Encode(ticker)));
        }

        _batch = writer.ToArray();
        _compressed = LinkCompression.Compress(_batch)!;
        Console.WriteLine($"// {Frames} frames: {_batch.Length} bytes, Brotli {_compressed.Length} ({100 * _compressed.Length / _batch.Length} %), Deflate {Deflate()} bytes");
    }

    [Benchmark(Baseline = true)]
    public byte[]? Brotli() => LinkCompression.Compress(_batch);

    [Benchmark]
    public byte[] BrotliBack() => LinkCompression.Decompress(_compressed, _batch.Length);

    [Benchmark]
    public long Deflate()
    {
        using var into = new MemoryStream(_batch.Length);
        using (var deflate = new DeflateStream(into, CompressionLevel.Fastest, leaveOpen: true)) deflate.Write(_batch);
        return into.Length;
    }
}
