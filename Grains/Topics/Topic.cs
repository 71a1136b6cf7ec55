using System.Runtime.CompilerServices;

namespace E2EEvents.Grains.Topics;

/// <summary>Runs a kind's rule without a silo, for tests of reducers.</summary>
public static class Topic
{
    /// <summary>The state after <paramref name="events"/>, from the kind's initial state. Events the kind refuses are left out, as a topic does.</summary>
    public static TState Replay<TGrain, TState>(params IEnumerable<object> events)
        where TGrain : Grain, ITopicGrain
        where TState : class
    {
        var rule = RuleOf<TGrain>();
        var state = rule.Initial;
        foreach (var e in events)
        {
            if (rule.Refuse(state, e) is null) state = rule.Apply(state, e);
        }

        return (TState)state;
    }

    /// <summary>The state after one event.</summary>
    public static TState Apply<TGrain, TState>(TState state, object e)
        where TGrain : Grain, ITopicGrain
        where TState : class => (TState)RuleOf<TGrain>().Apply(state, e);

    /// <summary>Why an event cannot be applied to this state; null = it can.</summary>
    public static string? Refuse<TGrain, TState>(TState state, object e)
        where TGrain : Grain, ITopicGrain
        where TState : class => RuleOf<TGrain>().Refuse(state, e);

    private static ITopicRule RuleOf<TGrain>()
        where TGrain : Grain, ITopicGrain
    {
        // A kind with constructor parameters is made without running it: the rule is pure and needs none of them.
        var grain = typeof(TGrain).GetConstructor([]) is not null ? Activator.CreateInstance<TGrain>() : RuntimeHelpers.GetUninitializedObject(typeof(TGrain));
        return grain as ITopicRule ?? throw new InvalidOperationException($"{typeof(TGrain)} does not derive from TopicGrain.");
    }
}

/// <summary>A kind's rule with its types erased.</summary>
internal interface ITopicRule
{
    object Initial { get; }

    object Apply(object state, object e);

    string? Refuse(object state, object e);
}
