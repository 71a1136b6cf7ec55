using E2EEvents.Grains.Topics;

namespace E2EEvents.Grains.Feeds;

/// <summary>One topic in one feed: how far it has been sent, and whether there may be more.</summary>
internal sealed class Follow(Feed feed, long number, TopicLog log) : ITopicFollower
{
    private int _dirty;
    private long _sentUpTo;
    private volatile bool _ended;

    /// <summary>Its name between silo and gateway; numbers rise over all feeds of a silo and are never used again.</summary>
    public long Number { get; } = number;

    public TopicLog Log { get; } = log;

    public string Gateway => feed.Gateway;

    /// <summary>Offset up to which frames have been put into answers. Written under the feed's lock, read under the log's.</summary>
    public long SentUpTo
    {
        get => Volatile.Read(ref _sentUpTo);
        set => Volatile.Write(ref _sentUpTo, value);
    }

    /// <summary>No longer wanted; guarded by the feed's lock.</summary>
    public bool IsDropped { get; set; }

    /// <summary>True once the topic has left this silo; nothing is committed after that.</summary>
    public bool IsEnded => _ended;

    /// <summary>From now on a commit puts the follow into the feed's queue again. Called before reading the log, so that nothing committed after the reading is missed.</summary>
    public void Clean() => Volatile.Write(ref _dirty, 0);

    public void OnCommitted()
    {
        if (Interlocked.Exchange(ref _dirty, 1) == 0) feed.Enqueue(this);
    }

    public void OnEnded()
    {
        _ended = true;
        OnCommitted();
    }
}
