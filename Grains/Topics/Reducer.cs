using System.Text.Json;

namespace E2EEvents.Grains.Topics;

/// <summary>The rule of a kind, as its grain class defines it.</summary>
internal interface IReducer<TState, TEvent>
{
    TState Initial { get; }

    TState Apply(TState state, TEvent e);

    string? Refuse(TState state, TEvent e);
}

/// <summary>What an event does to a state: a new state, the same one, or a reason why not.</summary>
internal readonly record struct Reduction<TState>(TState? Next, ReadOnlyMemory<byte> Encoded, string? Refusal)
    where TState : class;

/// <summary>Runs a kind's rule on raw events. Whatever is wrong with an event, or thrown by the rule, comes out as a reason.</summary>
internal sealed class EventReducer<TState, TEvent>(IReducer<TState, TEvent> rule, int maxStateBytes)
    where TState : class
    where TEvent : class
{
    public TState Initial => rule.Initial;

    public Reduction<TState> Reduce(TState state, byte[] data)
    {
        TEvent? e;
        try
        {
            e = JsonSerializer.Deserialize<TEvent>(data, StateEncoder.EventOptions);
        }
        catch (JsonException error)
        {
            return Refused($"The event is no valid {typeof(TEvent).Name}: {error.Message}");
        }
        catch (NotSupportedException error) // an abstract event type without its "type"
        {
            return Refused($"The event is no valid {typeof(TEvent).Name}: {error.Message}");
        }
        catch (Exception error) // survived: whatever the event's own constructor or converter throws
        {
            return Refused($"The event cannot be made a {typeof(TEvent).Name}: {error.GetType().Name}: {error.Message}");
        }

        return e is null ? Refused("The event is null.") : Apply(state, e);
    }

    private Reduction<TState> Apply(TState state, TEvent e)
    {
        try
        {
            if (rule.Refuse(state, e) is { } reason) return Refused(reason);
            var next = rule.Apply(state, e);
            if (ReferenceEquals(next, state)) return new Reduction<TState>(state, default, null);
            var encoded = StateEncoder.Encode(next);
            return encoded.Length <= maxStateBytes
                ? new Reduction<TState>(next, encoded, null)
                : Refused($"The state would be {encoded.Length} bytes, more than the {maxStateBytes} of Topics:MaxStateBytes.");
        }
        catch (Exception error) // survived: a bug in a kind's rule must not stop its topics; the event is put aside with it
        {
            return Refused($"The rule of the kind failed: {error.GetType().Name}: {error.Message}");
        }
    }

    private static Reduction<TState> Refused(string reason) => new(null, default, reason);
}
