using E2EEvents.Load.Clients;

namespace E2EEvents.Load.Sources;

/// <summary>A region as a gateway sees it, inside the gateway's process: its cost beside the gateway's is one frame copied per update, whatever the number of clients.</summary>
internal sealed class FakeRegion : IKindsGrain
{
    public const string Kind = "load";
    public const string Silo = "S127.0.0.1:1:1";

    private readonly Dictionary<string, FakeTopic> _topics = [];
    private readonly FakeTopic[] _all;
    private readonly Schedule _schedule;
    private readonly Delivery _delivery;
    private readonly Clock _clock;
    private volatile bool _isRunning;
    private Task _making = Task.CompletedTask;

    public FakeRegion(int topics, double rate, int bytes, Delivery delivery, Clock clock)
    {
        (_delivery, _clock) = (delivery, clock);
        _schedule = new Schedule(topics, rate, clock);
        _all = new FakeTopic[topics];
        for (var i = 0; i < topics; i++)
        {
            _all[i] = new FakeTopic(new TopicKey(Kind, KeyOf(i)), delivery, bytes);
            _all[i].Append(clock.Now, clock.Now); // so that there is a state to begin with
            _topics.Add(_all[i].Key.Key, _all[i]);
        }

        Feed = new FakeFeed(clock);
    }

    public FakeFeed Feed { get; }

    public static string KeyOf(int topic) => $"t{topic}";

    public FakeTopic Topic(GrainId id) => _topics[id.Key.ToString()!];

    public FakeReader Reader(GrainId id) => new(Topic(id), Feed, _clock);

    Task<KindInfo[]> IKindsGrain.ListAsync(CancellationToken cancellationToken) => Task.FromResult<KindInfo[]>([new KindInfo(Kind, _delivery, "home", 1, IsHere: true, Publishers.None)]);

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
}
