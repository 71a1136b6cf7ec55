using E2EEvents.Load.Clients;
using E2EEvents.Load.Peers.Clients;
using E2EEvents.Load.Sockets;
using E2EEvents.Load.Sources;

namespace E2EEvents.Load.Peers.Sources;

/// <summary>
/// Publishes to any server from a thread of its own, that sleeps between updates. Open loop: by the timetable, and an update carries the time at
/// which it was due, not the one at which it left, so that neither a slow server nor a late publisher hides in the latencies. Closed loop: the
/// next as soon as the probes allow it.
/// </summary>
internal sealed class PeerPublisher : IDisposable
{
    private const int MaxSleepMicroseconds = 20_000;
    private const int FlushAtUpdates = 256;

    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(2);

    private readonly Feed _feed;
    private readonly Schedule _schedule;
    private readonly Probes? _probes;
    private readonly Clock _clock;
    private readonly byte[] _update;
    private readonly long[] _numbers;
    private Thread? _thread;
    private volatile bool _isRunning;
    private Exception? _failed;

    /// <param name="feed">The server; disposed with this.</param>
    /// <param name="topics">How many.</param>
    /// <param name="bytes">Length of an update.</param>
    /// <param name="schedule">When updates are due.</param>
    /// <param name="probes">Closes the loop; null = open.</param>
    /// <param name="clock">Of the updates.</param>
    public PeerPublisher(Feed feed, int topics, int bytes, Schedule schedule, Probes? probes, Clock clock)
    {
        (_feed, _schedule, _probes, _clock) = (feed, schedule, probes, clock);
        _update = Update.Template(bytes);
        _numbers = new long[topics];
    }

    /// <summary>Times that the closed loop stood still for two seconds and was begun anew.</summary>
    public int Stalls { get; private set; }

    /// <summary>Updates published of a topic; to be read while it does not run.</summary>
    public long PublishedOf(int topic) => _numbers[topic];

    public void Start()
    {
        _isRunning = true;
        _thread = new Thread(Run) { Name = "publisher", IsBackground = true };
        _thread.Start();
    }

    /// <exception cref="InvalidOperationException">It failed before.</exception>
    public SourceReport Stop()
    {
        _isRunning = false;
        _thread?.Join();
        if (_failed is not null) throw new InvalidOperationException("The publisher failed.", _failed);
        var made = 0L;
        foreach (var number in _numbers) made += number;
        return new SourceReport(made, _schedule.LatestMicroseconds / 1e3, 0);
    }

    public void Dispose() => _feed.Dispose();

    private void Run()
    {
        try
        {
            if (_probes is null) RunOpen();
            else RunClosed(_probes);
        }
        catch (Exception e)
        {
            _failed = e; // told by Stop
        }
    }

    private void RunOpen()
    {
        _schedule.Start();
        while (_isRunning)
        {
            var added = 0;
            while (added < FlushAtUpdates && _schedule.TryNext(out var topic, out var dueAt))
            {
                Add(topic, dueAt);
                added++;
            }

            if (added > 0) _feed.Flush();
            var wait = Math.Min(_schedule.NextDue - _clock.Now, MaxSleepMicroseconds);
            if (wait > 0) Libc.Sleep(wait);
        }
    }

    private void RunClosed(Probes probes)
    {
        while (_isRunning)
        {
            if (!probes.Wait(StallLimit)) Stalls++;
            Add(0, _clock.Now);
            _feed.Flush();
        }
    }

    private void Add(int topic, long dueAt)
    {
        new Update(dueAt, ++_numbers[topic], topic).WriteTo(_update);
        _feed.Add(topic, _update);
    }
}
