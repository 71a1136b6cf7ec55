namespace E2EEvents.Streams.Tests;

/// <summary>Tests that take all cores or the whole disk for a while: beside them others would run into time-outs, so they run one after the other, by themselves.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
