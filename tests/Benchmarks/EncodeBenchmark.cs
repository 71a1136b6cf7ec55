using BenchmarkDotNet.Attributes;
using E2EEvents.Grains.Interfaces.Kinds;

namespace E2EEvents.Benchmarks;

/// <summary>What does one change cost to encode: the state once at home, an envelope once per format and gateway, a patch once per gateway?</summary>
[MemoryDiagnoser]
public class EncodeBenchmark
{
    private static readonly EnvelopeNotes Notes = new(1_773_500_000_002_000);
    private readonly Match _match = Samples.Match(12);
    private readonly Ticker _ticker = Samples.Ticker(50);
    private readonly byte[] _matchBefore = StateEncoder.Encode(Samples.Match(11));
    private readonly byte[] _matchAfter = StateEncoder.Encode(Samples.Match(12));
    private readonly byte[] _tickerBefore = StateEncoder.Encode(Samples.Ticker(49));
    private readonly byte[] _tickerAfter = StateEncoder.Encode(Samples.Ticker(50));
    private readonly Frame _matchFrame = Samples.Frame(17, Samples.Match(12));
    private readonly Frame _tickerFrame = Samples.Frame(17, Samples.Ticker(50));

    [Benchmark]
    public byte[] State_Match() => StateEncoder.Encode(_match);

    [Benchmark]
    public byte[] State_Ticker() => StateEncoder.Encode(_ticker);

    [Benchmark]
    [Arguments(WireFormat.Json)]
    [Arguments(WireFormat.Sse)]
    [Arguments(WireFormat.WebSocket)]
    public byte[] Envelope_Match(WireFormat format) => Envelope.EncodeState(format, "match/2026-ENG-ARS", _matchFrame, Notes);

    [Benchmark]
    [Arguments(WireFormat.Json)]
    [Arguments(WireFormat.Sse)]
    [Arguments(WireFormat.WebSocket)]
    public byte[] Envelope_Ticker(WireFormat format) => Envelope.EncodeState(format, "ticker/XETR-EXA", _tickerFrame, Notes);

    [Benchmark]
    public byte[] Patch_Match() => MergePatch.Diff(_matchBefore, _matchAfter);

    [Benchmark]
    public byte[] Patch_Ticker() => MergePatch.Diff(_tickerBefore, _tickerAfter);
}
