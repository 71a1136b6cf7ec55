namespace E2EEvents.Grains.Interfaces.Topics;

/// <summary>Events that could not be applied, numbered from 1, the newest kept within bounds until an operator replays or discards them. Key: the kind.</summary>
[Alias("e2e.dead-letters")]
public interface IDeadLetterGrain : IGrainWithStringKey
{
    /// <summary>Keeps the letters; returns once stored. A letter with the same source and sequence (or event id) is kept once.</summary>
    [Alias("add")]
    Task AddAsync(DeadLetter[] letters, CancellationToken cancellationToken);

    /// <summary>The letters that a query picks.</summary>
    [Alias("find")]
    Task<DeadLetterPage> FindAsync(LetterQuery query, CancellationToken cancellationToken);

    /// <summary>A letter by its number; null = not kept (any more).</summary>
    [Alias("get")]
    Task<DeadLetter?> GetAsync(long number, CancellationToken cancellationToken);

    /// <summary>Removes letters: they were replayed, or are discarded. Returns how many were there, once it is stored.</summary>
    [Alias("remove")]
    Task<int> RemoveAsync(long[] numbers, CancellationToken cancellationToken);

    /// <summary>A replayed letter was refused again: it is kept with the new reason. Returns once stored.</summary>
    [Alias("refused")]
    Task RefusedAsync(long number, string reason, CancellationToken cancellationToken);
}

/// <summary>An event that was not applied, and why.</summary>
/// <param name="Event">The event, whole unless <paramref name="CutFrom"/> says otherwise.</param>
/// <param name="Reason">What was wrong with it, for an operator.</param>
/// <param name="At">When it was put aside, Unix µs.</param>
/// <param name="Number">Its number within the kind, from 1; 0 = not kept yet.</param>
/// <param name="Content">What its data is.</param>
/// <param name="CutFrom">Bytes that the data had before it was cut to what is kept; 0 = it is whole.</param>
[GenerateSerializer, Immutable, Alias("e2e.dead-letter")]
public sealed record DeadLetter(
    [property: Id(0)] SourcedEvent Event,
    [property: Id(1)] string Reason,
    [property: Id(2)] long At,
    [property: Id(3)] long Number = 0,
    [property: Id(4)] LetterContent Content = LetterContent.Event,
    [property: Id(5)] int CutFrom = 0);

/// <summary>What a dead letter holds.</summary>
public enum LetterContent
{
    /// <summary>An event, which can be published again.</summary>
    Event,

    /// <summary>A record of a connector's origin that could not be mapped to events.</summary>
    Record,

    /// <summary>A state that a former home had accepted and the present home went on without.</summary>
    State,
}

/// <summary>Which letters.</summary>
/// <param name="Max">At most so many, 1 to 1,000.</param>
/// <param name="After">Only numbers above it.</param>
/// <param name="Before">Only numbers below it; 0 = no bound.</param>
/// <param name="Topic">Only of this topic (<c>kind/key</c>); null = of all.</param>
/// <param name="Reason">Only with this text in their reason, whatever the case; null = with any.</param>
/// <param name="OldestFirst">In order of number; else newest first.</param>
[GenerateSerializer, Immutable, Alias("e2e.letter-query")]
public sealed record LetterQuery(
    [property: Id(0)] int Max,
    [property: Id(1)] long After = 0,
    [property: Id(2)] long Before = 0,
    [property: Id(3)] string? Topic = null,
    [property: Id(4)] string? Reason = null,
    [property: Id(5)] bool OldestFirst = false);

/// <summary>Dead letters of a kind.</summary>
/// <param name="Letters">As asked for.</param>
/// <param name="Total">Ever put aside; the newest has this number.</param>
/// <param name="Dropped">Of these, gone because a bound was reached.</param>
/// <param name="Waiting">Kept now.</param>
/// <param name="More">True if more letters fit the query.</param>
[GenerateSerializer, Immutable, Alias("e2e.dead-letter-page")]
public sealed record DeadLetterPage(
    [property: Id(0)] DeadLetter[] Letters,
    [property: Id(1)] long Total,
    [property: Id(2)] long Dropped,
    [property: Id(3)] int Waiting = 0,
    [property: Id(4)] bool More = false);

/// <summary>Kinds of dead letters beside the topic kinds.</summary>
public static class LetterKinds
{
    /// <summary>Records of origins whose topic kind is not known.</summary>
    public const string Unmapped = "unmapped";
}
