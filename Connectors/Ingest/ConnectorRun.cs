using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Connectors.Ingest;

/// <summary>
/// One connector from its checkpoint until the process stops or its lease is over: reads into the window, publishes per
/// topic, and moves the checkpoint up to the first record that is not safe.
/// </summary>
internal sealed class ConnectorRun
{
    // A batch is one grain call and one stored write.
    private const long MaxBatchBytes = 1024 * 1024;

    // What an event weighs beside its data: source, sequence, topic. A batch, or one record of the largest MaxRecordBytes, stays far below Streams:MaxEntryBytes.
    private const int EventOverhead = 512;

    private readonly Lease _lease;
    private readonly IConnector _connector;
    private readonly ConnectorOptions _options;
    private readonly ConnectorStatus _status;
    private readonly ConnectorsMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly RecordIntake _intake;
    private readonly RecordReader _reader;
    private readonly CheckpointWriter _checkpoint;
    private readonly TopicSender _sender;
    private readonly IRegion _region;
    private readonly RegionCalls _calls;
    private readonly Lock _lock = new();
    private readonly InFlightWindow _window;
    private readonly Signal _room = new();
    private readonly Signal _moved = new();

    public ConnectorRun(ConnectorParts parts, Checkpoint checkpoint, Lease lease)
    {
        _lease = lease;
        (_connector, _options, _status, _metrics, _logger, _time, _region) =
            (parts.Connector, parts.Options, parts.Status, parts.Metrics, parts.Logger, parts.Time, parts.Region);
        _calls = parts.Calls;
        _intake = new RecordIntake(_connector.Name, _options, parts.Mapper, parts.Kinds, _calls, _metrics, _logger, _time);
        _reader = new RecordReader(_connector, _options, _status, _metrics, _logger, _time);
        var gate = new HomeGate(_connector.Name, _options, parts.Kinds, _calls, _status, _logger, _time);
        _sender = new TopicSender(_connector.Name, _options, lease, _region, _calls, gate, _status, _metrics, _logger, _time);
        _checkpoint = new CheckpointWriter(_connector, checkpoint, lease, _options, _region, _calls, _logger, _time);
        _window = new InFlightWindow(_options.MaxInFlightEvents, _options.MaxInFlightBytes);
    }

    /// <summary>Runs.</summary>
    /// <exception cref="Exception">A bug; what was in flight is read again by the next run.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var abandon = CancellationTokenSource.CreateLinkedTokenSource(_lease.Ended);
        using var stopReading = CancellationTokenSource.CreateLinkedTokenSource(stopping, abandon.Token);
        var topics = new Lanes<TopicKey, PendingEvent>(
            _options.MaxParallelTopics, _options.MaxBatchEvents, MaxBatchBytes, pending => pending.Event.Data.Length + EventOverhead, SendEventsAsync, abandon.Token);
        var letters = new Lanes<string, PendingLetter>(
            _options.MaxParallelTopics, _options.MaxBatchEvents, MaxBatchBytes, pending => pending.Letter.Event.Data.Length + EventOverhead, SendLettersAsync, abandon.Token);

        ResumeToken? after = _checkpoint.Token is { } token ? new ResumeToken(token) : null;
        var reading = _reader.RunAsync(after, (record, ct) => AcceptAsync(record, topics, letters, ct), stopReading.Token);
        var saving = SaveAsync(abandon.Token);
        try
        {
            var ended = await Task.WhenAny(reading, saving, topics.Failed, letters.Failed);
            if (_lease.Ended.IsCancellationRequested) return;
            await ended; // throws what must not happen
            await DrainAsync(Task.WhenAll(topics.IdleAsync(), letters.IdleAsync()));
        }
        finally
        {
            await abandon.CancelAsync();
            await Task.WhenAll(reading, saving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stopping.IsCancellationRequested && !_lease.Ended.IsCancellationRequested) await SaveLastAsync();
            Report();
        }
    }

    private async Task AcceptAsync(SourceRecord record, Lanes<TopicKey, PendingEvent> topics, Lanes<string, PendingLetter> letters, CancellationToken cancellationToken)
    {
        var taken = await _intake.TakeAsync(record, cancellationToken);
        while (!HasRoom()) await _room.WaitAsync(cancellationToken);

        var now = _time.UnixMicroseconds();
        if (!record.IsMark) _metrics.RecordRead(_connector.Name, Lag(record.OriginTime, now));
        _status.BehindSince(now);
        InFlightWindow.Slot slot;
        lock (_lock)
        {
            slot = _window.Add(record.Token, taken.Events.Count + (taken.Letter is null ? 0 : 1), record.Data.Length, now);
        }

        foreach (var e in taken.Events) topics.Add(e.Topic, new PendingEvent(e, slot));
        if (taken.Letter is { } letter) letters.Add(taken.LetterKind!, new PendingLetter(letter, slot));
        if (taken is { Events.Count: 0, Letter: null }) _moved.Set();
        Report();
    }

    private async Task SendEventsAsync(TopicKey topic, IReadOnlyList<PendingEvent> batch, CancellationToken cancellationToken)
    {
        var events = new SourcedEvent[batch.Count];
        for (var i = 0; i < events.Length; i++) events[i] = batch[i].Event;
        await _sender.SendAsync(topic, events, cancellationToken);

        var now = _time.UnixMicroseconds();
        foreach (var pending in batch)
        {
            _metrics.EventSettled(_connector.Name, Lag(pending.Event.OriginTime, now));
            Settle(pending.Slot);
        }

        Report();
    }

    private async Task SendLettersAsync(string kind, IReadOnlyList<PendingLetter> batch, CancellationToken cancellationToken)
    {
        var letters = new DeadLetter[batch.Count];
        for (var i = 0; i < letters.Length; i++) letters[i] = batch[i].Letter;
        await _calls.UntilDoneAsync("letters", token =>
        {
            _lease.ThrowIfOver();
            return _region.AddLettersAsync(kind, letters, token);
        }, cancellationToken);
        foreach (var pending in batch) Settle(pending.Slot);
        Report();
    }

    private void Settle(InFlightWindow.Slot slot)
    {
        lock (_lock)
        {
            if (!_window.Settle(slot)) return;
        }

        _room.Set();
        _moved.Set();
    }

    private async Task SaveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await _moved.WaitAsync(cancellationToken);
            await SaveOnceAsync(cancellationToken);
            await Task.Delay(_options.CheckpointInterval, _time, cancellationToken);
        }
    }

    private async Task SaveOnceAsync(CancellationToken cancellationToken)
    {
        ResumeToken? settled;
        long? oldestAfter;
        lock (_lock)
        {
            settled = _window.Settled;
            oldestAfter = _window.OldestReadAt;
        }

        if (settled is null || !await _checkpoint.WriteAsync(settled.Value, cancellationToken)) return;
        lock (_lock)
        {
            // What was read while the checkpoint was on its way is behind it already.
            var covered = _window.Settled == settled && _window.OldestReadAt is null;
            _status.CheckpointStored(covered ? null : oldestAfter ?? _window.OldestReadAt ?? _time.UnixMicroseconds());
        }
    }

    private async Task DrainAsync(Task idle)
    {
        _status.Enter("draining", ready: false);
        using var timeout = new CancellationTokenSource(_options.DrainTimeout, _time);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, _lease.Ended);
        await idle.WaitAsync(enough.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!idle.IsCompleted) Log.DrainTimedOut(_logger, _connector.Name, _status.InFlightEvents, _options.DrainTimeout.TotalSeconds);
    }

    private async Task SaveLastAsync()
    {
        using var deadline = new CancellationTokenSource(_options.CallTimeout, _time);
        try
        {
            await SaveOnceAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            // The next start publishes a little more again; topics drop it.
        }
    }

    private bool HasRoom()
    {
        lock (_lock) return _window.HasRoom;
    }

    private void Report()
    {
        lock (_lock) (_status.InFlightEvents, _status.InFlightBytes) = (_window.Events, _window.Bytes);
    }

    private static double? Lag(long originTime, long now) => originTime == 0 ? null : (now - originTime) / 1e6;

    /// <summary>Wakes the one that waits; set while nobody waits, it wakes the next at once.</summary>
    private sealed class Signal
    {
        private readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        public void Set() => _set.Writer.TryWrite(true);

        public async Task WaitAsync(CancellationToken cancellationToken) => await _set.Reader.ReadAsync(cancellationToken);
    }
}
