using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Feeds;
using E2EEvents.EdgeGateway.Policy;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>What is taken for one stream and given back at its end, which may come before it has joined all its topics.</summary>
/// <param name="follower">Whose topics they are.</param>
/// <param name="place">Who gave the stream its place, if that is to be given back too.</param>
internal sealed class HeldTopics(TopicFollower follower, Admission? place) : IConnectionEnding
{
    private FollowedTopic? _first; // the usual single one needs no list
    private Selection? _firstSelection;
    private List<(FollowedTopic Topic, Selection? Selection)>? _more;
    private bool _isOver;

    /// <summary>Notes a topic that was held for the stream, and what it takes of it; false if the stream is over: then both are let go at once.</summary>
    public bool TryAdd(FollowedTopic topic, Selection? selection, View view)
    {
        lock (this) // nobody else has the object: a lock of its own would double its size
        {
            if (!_isOver)
            {
                if (_first is null) (_first, _firstSelection) = (topic, selection);
                else (_more ??= []).Add((topic, selection));
                return true;
            }
        }

        LetGo(topic, selection, view);
        return false;
    }

    public void Ended(Connection connection)
    {
        lock (this) _isOver = true; // from here on nobody adds
        if (_first is not null) LetGo(_first, _firstSelection, connection.View);
        foreach (var (topic, selection) in _more ?? []) LetGo(topic, selection, connection.View);
        (_first, _firstSelection, _more) = (null, null, null);
        place?.LeaveStream(connection.Transport);
    }

    private void LetGo(FollowedTopic topic, Selection? selection, View view)
    {
        if (selection is not null) topic.Channel.Selections.GiveBack(selection, view);
        follower.Release(topic);
    }
}
