using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;

namespace E2EEvents.EdgeGateway.Transports.Link;

/// <summary>One topic that another region follows: a cursor into the channel, never a queue. All but <see cref="OnChanged"/> belong to the link's sender.</summary>
internal sealed class LinkedTopic(long sub, FollowedTopic topic, Position? after, LinkSender sender) : IChannelListener
{
    private int _dirty;

    public long Sub { get; } = sub;

    public FollowedTopic Topic { get; } = topic;

    public TopicChannel Channel => Topic.Channel;

    /// <summary>Epoch of what was sent last; 0 = nothing yet.</summary>
    public ulong Epoch { get; set; } = after?.Epoch ?? 0;

    public long Offset { get; set; } = after?.Offset ?? 0;

    /// <summary>The region knows that the subscription has begun.</summary>
    public bool IsTold { get; set; }

    /// <summary>The region counts on watermarks to speak for it.</summary>
    public bool IsVouched { get; set; }

    /// <summary>Frames older than the channel reaches, read at the topic's grain; null = none are needed.</summary>
    public List<Frame>? Page { get; set; }

    /// <summary>A page is being read.</summary>
    public bool IsReading { get; set; }

    /// <summary>No longer followed.</summary>
    public bool IsOver { get; set; }

    /// <summary>True if everything up to now has been sent or is about to be in this round.</summary>
    public bool IsCaughtUp => IsTold && !IsReading && Page is null;

    /// <summary>From now on a change enqueues it again. A full fence: what is read after it is not older.</summary>
    public void Clean() => Interlocked.Exchange(ref _dirty, 0);

    public void OnChanged()
    {
        if (Interlocked.Exchange(ref _dirty, 1) == 0) sender.Enqueue(this);
    }
}
