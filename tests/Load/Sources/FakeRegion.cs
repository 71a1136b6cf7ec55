using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Sources;

/// <summary>A region as a gateway sees it, inside the gateway's process: its cost beside the gateway's is one frame copied per update, whatever the number of clients.</summary>
internal sealed class FakeRegion : IKindsGrain, IHomesGrain
{
    /// <summary>Its name, the default of <c>Regions:Name</c>.</summary>
    public const string Name = "home";

    public const string Silo = "S127.0.0.1:1:1";

    private readonly Dictionary<string, FakeTopic> _topics = [];
    private readonly FakeTopic[] _all;
    private readonly Schedule _schedule;
    private readonly Delivery _delivery;
    private readonly Clock _clock;
    private readonly string _kind;
    private volatile bool _isRunning;
    private Task _making = Task.CompletedTask;

    public FakeRegion(string kind, int topics, double rate, int bytes, Delivery delivery, Clock clock)
    {
        (_kind, _delivery, _clock) = (kind, delivery, clock);
        _schedule = new Schedule(topics, rate, clock);
        _all = new FakeTopic[topics];
        for (var i = 0; i < topics; i++)
        {
            _all[i] = new FakeTopic(new TopicKey(kind, KeyOf(i)), delivery, bytes);
            _all[i].Append(clock.Now, clock.Now); // so that there is a state to begin with
            _topics.Add(_all[i].Key.Key, _all[i]);
        }

        Feed = new FakeFeed(clock);
    }

    public FakeFeed Feed { get; }

    /// <summary>Names of its topics.</summary>
    public static string[] TopicNames(string kind, int topics)
    {
        var names = new string[topics];
        for (var i = 0; i < topics; i++) names[i] = $"{kind}/{KeyOf(i)}";
        return names;
    }

    private static string KeyOf(int topic) => $"t{topic}";

    public FakeTopic Topic(GrainId id) => _topics[id.Key.ToString()!];

    public FakeReader Reader(GrainId id) => new(Topic(id), Feed, _clock);

    Task<KindInfo[]> IKindsGrain.ListAsync(CancellationToken cancellationToken) => Task.FromResult<KindInfo[]>([new KindInfo(_kind, _delivery, Name, 1, IsHere: true, Publishers.None)]);

    // The home never moves here.
    Task<KindTerm[]> IHomesGrain.ListAsync(CancellationToken cancellationToken) => Task.FromResult<KindTerm[]>([]);

    Task<KindTerm[]> IHomesGrain.LearnAsync(KindTerm[] terms, CancellationToken cancellationToken) => Task.FromResult<KindTerm[]>([]);

    Task<KindTerm> IHomesGrain.LeaveAsync(string kind, Term to, bool leaving, CancellationToken cancellationToken) => Task.FromResult(new KindTerm(kind, new Term(1, Name)));

    /// <summary>An update from outside, instead of the timetable's.</summary>
    public void Publish(int topic, byte[] state)
    {
        var now = _clock.Now;
        _all[topic].Append(state, now, now);
        Feed.Changed(_all[topic]);
    }

    public void Start()
    {
        _schedule.Start();
        _isRunning = true;
        _making = MakeAsync();
    }

    public async Task<SourceReport> StopAsync()
    {
        _isRunning = false;
        await _making;
        return new SourceReport(_schedule.Made, _schedule.LatestMicroseconds / 1e3, 0);
    }

    private async Task MakeAsync()
    {
        while (_isRunning)
        {
            while (_schedule.TryNext(out var topic, out var dueAt))
            {
                _all[topic].Append(dueAt, _clock.Now);
                Feed.Changed(_all[topic]);
            }

            await _clock.DelayAsync(_schedule.UntilNext(), CancellationToken.None);
        }
    }
}

/// <summary>Reads one topic.</summary>
internal sealed class FakeReader(FakeTopic topic, FakeFeed feed, Clock clock) : ITopicReader
{
    public Task<TopicAnswer> ReadAsync(Position? after, int maxBytes, CancellationToken cancellationToken) => Task.FromResult(topic.Answer(after, 0, clock.Now));

    public Task<TopicAnswer> FollowAsync(string gateway, Position? after, int maxBytes, CancellationToken cancellationToken) => Task.FromResult(feed.Follow(topic, after));

    public Task<PublishAnswer> PublishAsync(SourcedEvent e, CancellationToken cancellationToken) => throw new NotSupportedException("Nothing is published here.");

    public Task<TopicInspection> InspectAsync(CancellationToken cancellationToken) => throw new NotSupportedException("Nobody inspects it here.");
}
