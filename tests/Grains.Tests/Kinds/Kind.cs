using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Tests.Kinds;

/// <summary>A kind's rule outside of any silo.</summary>
internal sealed class Kind<TState, TEvent>
    where TState : class
    where TEvent : class
{
    private readonly Func<TState, TEvent, TState> _apply;
    private readonly Func<TState, TEvent, string?> _refuse;

    private Kind(TopicGrain<TState, TEvent> grain)
    {
        Initial = (TState)Member(grain, "get_Initial").Invoke(grain, null)!;
        _apply = Member(grain, "Apply").CreateDelegate<Func<TState, TEvent, TState>>(grain);
        _refuse = Member(grain, "Refuse").CreateDelegate<Func<TState, TEvent, string?>>(grain);
    }

    public TState Initial { get; }

    /// <summary>The rule is pure, so the grain needs nothing that only a silo gives, not even its constructor.</summary>
    public static Kind<TState, TEvent> Of<TGrain>()
        where TGrain : TopicGrain<TState, TEvent> =>
        new((TGrain)RuntimeHelpers.GetUninitializedObject(typeof(TGrain)));

    public TState Apply(TState state, TEvent e) => _apply(state, e);

    public string? Refuse(TState state, TEvent e) => _refuse(state, e);

    /// <summary>What a topic does with an event: a refused one leaves the state alone.</summary>
    public TState Take(TState state, TEvent e) => Refuse(state, e) is null ? Apply(state, e) : state;

    /// <summary>Applies events none of which may be refused.</summary>
    public TState Replay(params IEnumerable<TEvent> events)
    {
        var state = Initial;
        foreach (var e in events)
        {
            Assert.Null(Refuse(state, e));
            state = Apply(state, e);
        }

        return state;
    }

    /// <summary>An event as it reaches a topic.</summary>
    public static TEvent Decode(string json) => JsonSerializer.Deserialize<TEvent>(json, StateEncoder.EventOptions)!;

    public static string Encode(TState state) => System.Text.Encoding.UTF8.GetString(StateEncoder.Encode(state));

    /// <summary>What holds for every kind, for any events in any order. Returns the end state.</summary>
    public TState CheckLaws(IEnumerable<TEvent> events)
    {
        var state = Initial;
        foreach (var e in events)
        {
            var next = Apply(state, e);
            if (Refuse(state, e) is not null)
            {
                Assert.Same(state, next);
                continue;
            }

            if (!ReferenceEquals(next, state)) CheckChange(state, next);
            Assert.Null(Refuse(next, e));
            Assert.Same(next, Apply(next, e)); // the same event once more
            state = next;
        }

        return state;
    }

    private static void CheckChange(TState before, TState after)
    {
        var (from, to) = (StateEncoder.Encode(before), StateEncoder.Encode(after));
        var decoded = JsonSerializer.Deserialize<TState>(to, StateEncoder.StateOptions)!;
        Assert.Equal(Encode(after), Encode(decoded));
        Assert.NotEqual(Encode(before), Encode(after)); // a change that no client could see is none
        Assert.DoesNotMatch("[+-][0-9]{2}:[0-9]{2}\"", Encode(after)); // times are written in UTC
        var patched = MergePatch.Apply(from, MergePatch.Diff(from, to));
        using var expected = JsonDocument.Parse(to);
        using var actual = JsonDocument.Parse(patched);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, actual.RootElement));
    }

    private static MethodInfo Member(object grain, string name) =>
        grain.GetType().GetMethods(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public).Single(method => method.Name == name && method.DeclaringType == grain.GetType());
}
