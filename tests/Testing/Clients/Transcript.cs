using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Xunit;

namespace E2EEvents.Testing.Clients;

/// <summary>
/// What one client knows of one topic, over all its connections and transports, and the judge of the client contract: no offset falls or repeats
/// on a connection, no hole on an <c>Every</c> topic unless told, patches only on the state sent before, one state per position. Feed it with
/// <see cref="Begin"/> and <see cref="Take"/>; the first breach is kept and fails whoever waits. Thread-safe.
/// </summary>
public sealed class Transcript(string topic, Delivery delivery)
{
    private const int KeptEnvelopes = 10;
    private readonly Lock _lock = new();
    private readonly Queue<string> _last = new();
    private TaskCompletionSource _changed = New();
    private Position? _position;
    private Position? _sent;
    private JsonObject? _sentState;
    private bool _mustContinue;
    private bool _patches;
    private string _connection = "no connection yet";

    /// <summary>A transcript of a topic.</summary>
    public Transcript(TopicKey topic, Delivery delivery)
        : this(topic.ToString(), delivery)
    {
    }

    /// <summary><c>kind/key</c>.</summary>
    public string Topic { get; } = topic;

    /// <summary>What the kind promises.</summary>
    public Delivery Delivery { get; } = delivery;

    /// <summary>Where the client stands; null before the first envelope.</summary>
    public Position? Position
    {
        get
        {
            lock (_lock) return _position; // two words: unlocked it could be read half old, half new
        }
    }

    /// <summary>Offset the client stands at; 0 before the first envelope.</summary>
    public long Offset => Position?.Offset ?? 0;

    /// <summary>The state after all envelopes taken; null before the first.</summary>
    public JsonObject? State { get; private set; }

    /// <summary>Envelopes taken (not dropped).</summary>
    public int Taken { get; private set; }

    /// <summary>Envelopes dropped because their offset was seen already.</summary>
    public int Duplicates { get; private set; }

    /// <summary>Envelopes with a patch.</summary>
    public int Patches { get; private set; }

    /// <summary>Gaps told, in order.</summary>
    public List<string> Gaps { get; } = [];

    /// <summary>The newest envelope taken.</summary>
    public ReceivedEnvelope? Last { get; private set; }

    /// <summary>The first breach of the contract; null = none.</summary>
    public string? Breach { get; private set; }

    /// <summary>True once a breach was thrown at somebody.</summary>
    internal bool BreachTold { get; private set; }

    /// <summary>Looks at every state taken, on whatever transport; returns what is wrong with it, or null. Default: everything is right.</summary>
    public Func<ReceivedEnvelope, JsonObject, string?> Judge { get; init; } = static (_, _) => null;

    /// <summary>A connection begins.</summary>
    /// <param name="resumed">True if it was opened with this transcript's position: the first envelope must continue it.</param>
    /// <param name="patches">True if it was opened with <c>delta=merge</c>.</param>
    public void Begin(bool resumed, bool patches)
    {
        lock (_lock)
        {
            _sent = null;
            _sentState = null;
            _mustContinue = resumed && Position is not null;
            _patches = patches;
            _connection = "connected";
        }
    }

    /// <summary>The connection is over; shown when something awaited is missing.</summary>
    public void End(string why)
    {
        lock (_lock)
        {
            _connection = why;
            Wake();
        }
    }

    /// <summary>Something that the contract forbids was seen outside an envelope's order.</summary>
    public void Fail(string breach)
    {
        lock (_lock)
        {
            Breach ??= $"{breach}\n{Describe()}";
            Wake();
        }
    }

    /// <summary>Takes an envelope of this topic from the current connection.</summary>
    public void Take(ReceivedEnvelope envelope)
    {
        lock (_lock)
        {
            if (_last.Count == KeptEnvelopes) _last.Dequeue();
            _last.Enqueue(envelope.ToString());
            if (Breach is null && TakeChecked(envelope) is { } breach) Breach = $"{breach}\n{Describe()}";
            Wake();
        }
    }

    /// <summary>Waits until the transcript fulfils <paramref name="condition"/>.</summary>
    public async Task ReachesAsync(Func<Transcript, bool> condition, TimeSpan deadline, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        using var limit = new CancellationTokenSource(deadline);
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                ThrowIfBroken();
                if (condition(this)) return;
                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                lock (_lock) Assert.Fail($"{Topic} did not reach '{what}' within {deadline.TotalSeconds:0.#} s.\n{Describe()}");
            }
        }
    }

    /// <summary>Waits until the client stands at <paramref name="offset"/> or beyond.</summary>
    public Task ReachesAsync(long offset, TimeSpan deadline) => ReachesAsync(t => t.Offset >= offset, deadline, $"offset {offset}");

    /// <summary>Fails if the contract was broken.</summary>
    public void AssertKept()
    {
        lock (_lock) ThrowIfBroken();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Returns what is wrong, or null.</summary>
    private string? TakeChecked(ReceivedEnvelope next)
    {
        if (next.Topic != Topic) return $"An envelope of {next.Topic} came in a stream of {Topic}.";
        if (CheckOrder(next) is { } disorder) return disorder;
        if (next.Patch is not null && (!_patches || _sentState is null))
        {
            return _patches ? "A patch came before any state on this connection." : "A patch came on a connection that did not ask for patches.";
        }

        var state = next.State ?? JsonMerge.Apply(_sentState!, next.Patch!);
        _sent = next.Position;
        _sentState = state;
        var mustContinue = _mustContinue;
        _mustContinue = true;
        if (Position is { } have && have.Epoch == next.Position.Epoch && next.Position.Offset <= have.Offset)
        {
            Duplicates++;
            return next.Position == have && !JsonNode.DeepEquals(state, State) ? $"Two different states at {have}." : null;
        }

        if (mustContinue && Position is not null && CheckContinuity(Position.Value, next) is { } hole) return hole;
        _position = next.Position;
        State = state;
        Last = next;
        Taken++;
        if (next.Patch is not null) Patches++;
        if (next.Gap is not null) Gaps.Add(next.Gap);
        return Judge(next, state);
    }

    /// <summary>On one connection offsets rise; another epoch begins with a full state.</summary>
    private string? CheckOrder(ReceivedEnvelope next)
    {
        if (_sent is not { } sent) return null;
        if (sent.Epoch == next.Position.Epoch)
        {
            return next.Position.Offset > sent.Offset ? null : $"Offset {next.Position.Offset} came after {sent.Offset} on the same connection.";
        }

        return next.State is null ? $"Epoch {next.Position.EpochText} begins with a patch instead of a state." : null;
    }

    /// <summary>Every: the next offset, or a gap is told with the full state. A gap is told only where there is one.</summary>
    private string? CheckContinuity(Position have, ReceivedEnvelope next)
    {
        var fit = Grains.Interfaces.Topics.Position.Classify(have, next.Position);
        if (next.Gap is not null && next.State is null) return "A gap was told with a patch instead of the full state.";
        if (next.Gap is not null && fit == Fit.Next) return $"Gap '{next.Gap}' was told, but {next.Position} continues {have}.";
        if (Delivery == Delivery.Latest) return null;
        return fit switch
        {
            Fit.Gap when next.Gap != "history" => $"Offsets {have.Offset + 1} to {next.Position.Offset - 1} are missing and no gap was told.",
            Fit.NewEpoch when next.Gap != "epoch" => $"The epoch changed from {have.EpochText} to {next.Position.EpochText} and no gap was told.",
            _ => null,
        };
    }

    private void ThrowIfBroken()
    {
        if (Breach is null) return;
        BreachTold = true;
        Assert.Fail($"The client contract was broken on {Topic}: {Breach}");
    }

    private void Wake()
    {
        var changed = _changed;
        _changed = New();
        changed.TrySetResult();
    }

    private string Describe() => $"""
        Position {Position?.ToString() ?? "none"}, {Taken} taken, {Duplicates} duplicates, {Patches} patches, gaps [{string.Join(", ", Gaps)}]; {_connection}.
        State: {ReceivedEnvelope.Shorten(State?.ToJsonString() ?? "none")}
        Last envelopes:
          {string.Join("\n  ", _last)}
        """;
}
