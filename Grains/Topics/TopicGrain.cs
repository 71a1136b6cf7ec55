namespace E2EEvents.Grains.Topics;

/// <summary>A topic kind: initial state and reducer. Everything else follows from <see cref="TopicKindAttribute"/>.</summary>
public abstract class TopicGrain<TState, TEvent> : Grain, IGrainWithStringKey
    where TState : class
    where TEvent : class
{
    /// <summary>The state before the first event.</summary>
    protected abstract TState Initial { get; }

    /// <summary>The state after an event. Pure and total; the same instance back means "no change": nothing is numbered, stored or sent.</summary>
    protected abstract TState Apply(TState state, TEvent e);

    /// <summary>Why an event cannot be applied to this state (it is then dead-lettered with the reason); null = it can. Pure.</summary>
    protected virtual string? Refuse(TState state, TEvent e) => null;
}
