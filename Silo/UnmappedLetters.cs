using System.Linq;
using System.Text.Json;
using E2EEvents.Grains.Interfaces.Topics;
using E2EEvents.Streams;

namespace E2EEvents.Silo;

/// <summary>Puts aside, as dead letters of the kind <c>unmapped</c>, what lies in the ingest streams and no topic can take: events of unknown kinds, and entries that cannot be read.</summary>
internal sealed class UnmappedLetters(IGrainFactory grains, TimeProvider time) : IUndeliverableKeeper
{
    public Task KeepAsync(IReadOnlyList<Undeliverable> entries, CancellationToken cancellationToken)
    {
        var letters = new List<DeadLetter>();
        foreach (var entry in entries) AddLetters(entry, letters);
        return grains.GetGrain<IDeadLetterGrain>(LetterKinds.Unmapped).AddAsync([.. letters], cancellationToken);
    }

    private void AddLetters(Undeliverable entry, List<DeadLetter> letters)
    {
        var now = time.UnixMicroseconds();
        if (entry.Events is { } events && events.All(e => e is SourcedEvent))
        {
            foreach (var e in events) letters.Add(new DeadLetter((SourcedEvent)e, entry.Reason, now));
            return;
        }

        // Not our events: the whole entry, fields in base 64.
        var topic = new TopicKey(LetterKinds.Unmapped, entry.Stream?.ToString() ?? "unknown");
        letters.Add(new DeadLetter(new SourcedEvent(topic, JsonSerializer.SerializeToUtf8Bytes(entry.Fields), $"streams/queue-{entry.Queue}", null, entry.Id, 0), entry.Reason, now, Content: LetterContent.Record));
    }
}
