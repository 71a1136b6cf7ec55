using Orleans.Concurrency;

namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>
/// All that one gateway follows at one silo, long-polled. Key: <c>gateway|silo</c> (<see cref="FeedKey"/>), pinned to that silo:
/// a call fails at once when the silo is gone, which tells the gateway to follow its topics anew. Exactly one pull is outstanding.
/// </summary>
[Alias("e2e.feed")]
public interface IFeedGrain : IGrainWithStringKey
{
    /// <summary>Answers as soon as there is something, and after <see cref="FeedPull.Wait"/> at the latest. A newer pull ends an older one.</summary>
    [AlwaysInterleave, Alias("pull")]
    Task<FeedAnswer> PullAsync(FeedPull pull, CancellationToken cancellationToken);
}

/// <summary>A gateway's question to a feed.</summary>
/// <param name="Instance">The feed the gateway knows, 0 = none yet. A feed whose lease ended is another one: its answer says so and holds nothing.</param>
/// <param name="Ack">Number of the last answer received, 0 = none; what an unacknowledged answer held is sent again.</param>
/// <param name="Drop">Follow numbers no longer wanted.</param>
/// <param name="MaxBytes">Bytes of frames in the answer, 1 KiB to 4 MiB; one frame may exceed it.</param>
/// <param name="Wait">0 to 10 s; the gateway's call timeout must be more than twice that.</param>
[GenerateSerializer, Immutable, Alias("e2e.feed-pull")]
public sealed record FeedPull(
    [property: Id(0)] long Instance,
    [property: Id(1)] long Ack,
    [property: Id(2)] long[] Drop,
    [property: Id(3)] int MaxBytes,
    [property: Id(4)] TimeSpan Wait);

/// <summary>A feed's answer.</summary>
/// <param name="Instance">This feed; when it is not the one asked for, all follows at this silo are gone and must be made anew. Numbered from the same rising counter as follows: a follow of a lower number is not of this feed.</param>
/// <param name="Number">Number of this answer, to be acknowledged by the next pull.</param>
/// <param name="Frames">Frames over many topics, in offset order within each, in the encoding of <see cref="Wire.FrameCodec"/> (feed form: each with its follow number and topic).</param>
/// <param name="Ended">Follow numbers whose topic left this silo: follow them again.</param>
/// <param name="Watermarks">One for each home region of what is followed here; empty = says nothing.</param>
/// <param name="Lagging">Follow numbers that the watermarks do not vouch for at present (their part of an upstream region lags); all of them each time.</param>
[GenerateSerializer, Immutable, Alias("e2e.feed-answer")]
public sealed record FeedAnswer(
    [property: Id(0)] long Instance,
    [property: Id(1)] long Number,
    [property: Id(2)] byte[] Frames,
    [property: Id(3)] long[] Ended,
    [property: Id(4)] Watermark[] Watermarks,
    [property: Id(5)] long[] Lagging);

/// <summary>How fresh everything from one home region is.</summary>
/// <param name="Home">Name of the home region.</param>
/// <param name="FreshAt">On home's clock, Unix µs: every change committed there before has been sent by now, for all topics but those said to lag. 0 = not known yet. Only a home makes one; others pass it on.</param>
/// <param name="HomeNow">The sender's estimate of home's clock now, Unix µs, so that nobody compares <paramref name="FreshAt"/> with a clock of its own.</param>
[GenerateSerializer, Immutable, Alias("e2e.watermark")]
public readonly record struct Watermark([property: Id(0)] string Home, [property: Id(1)] long FreshAt, [property: Id(2)] long HomeNow);

/// <summary>Names of feeds.</summary>
public static class FeedKey
{
    /// <summary>Joins a gateway's name (no <c>|</c>) and a parsable silo address.</summary>
    public static string Of(string gateway, string silo) => $"{gateway}|{silo}";

    /// <summary>Takes a feed's name apart.</summary>
    /// <exception cref="FormatException">There is no <c>|</c> in it.</exception>
    public static (string Gateway, string Silo) Parse(string key)
    {
        var bar = key.IndexOf('|');
        return bar > 0 ? (key[..bar], key[(bar + 1)..]) : throw new FormatException($"'{key}' is not the name of a feed (gateway|silo).");
    }
}
