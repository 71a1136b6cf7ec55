using System.Collections.Concurrent;
using E2EEvents.Grains.Region;

namespace E2EEvents.Grains.Topics;

/// <summary>The topics active on this silo, to be told when the home of their kind moves. Free-threaded.</summary>
internal sealed class ActiveTopics
{
    private readonly ConcurrentDictionary<Action, string> _topics = new(ReferenceEqualityComparer.Instance);

    public ActiveTopics(HomeMap homes) => homes.HomeChanged += Tell;

    /// <param name="kind">Kind of the topic.</param>
    /// <param name="homeMoved">Called on any thread; must neither block nor throw.</param>
    public void Add(string kind, Action homeMoved) => _topics[homeMoved] = kind;

    public void Remove(Action homeMoved) => _topics.TryRemove(homeMoved, out _);

    private void Tell(string kind)
    {
        foreach (var (homeMoved, of) in _topics)
        {
            if (of == kind) homeMoved();
        }
    }
}
