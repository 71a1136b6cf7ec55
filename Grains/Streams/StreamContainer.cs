using Orleans.Providers.Streams.Common;
using Orleans.Serialization;
using Orleans.Streams;

namespace E2EEvents.Streams;

/// <summary>
/// Events of one stream that were appended together. Travels to another silo as the bytes that are in the log, and is not copied within a silo: the
/// events in it belong to all its readers.
/// </summary>
[GenerateSerializer, Immutable, Alias("e2e.streams.container"), SerializationCallbacks(typeof(OnDeserializedCallbacks))]
internal sealed class StreamContainer : IBatchContainer, IOnDeserialized
{
    [Id(0)]
    private readonly StreamId _stream;

    [Id(1)]
    private readonly long _milliseconds;

    [Id(2)]
    private readonly long _number;

    [Id(3)]
    private readonly byte[] _events;

    [Id(4)]
    private readonly byte[]? _context;

    [NonSerialized]
    private EntryCodec? _codec;

    [NonSerialized]
    private Array? _read;

    public StreamContainer(StreamId stream, EntryId id, byte[] events, byte[]? context, EntryCodec codec)
    {
        (_stream, _milliseconds, _number, _events, _context, _codec) = (stream, id.Milliseconds, id.Number, events, context, codec);
    }

    public StreamId StreamId => _stream;

    public EntryId Id => new(_milliseconds, _number);

    public StreamSequenceToken SequenceToken => new EventSequenceTokenV2(Id.Token);

    /// <summary>What it takes in memory, roughly.</summary>
    public int Bytes => _events.Length + (_context?.Length ?? 0) + 200;

    /// <summary>The events; read from their bytes once per process.</summary>
    /// <exception cref="Exception">The bytes cannot be read.</exception>
    public Array Events => _read ??= _codec!.ReadEvents(_events);

    /// <summary>How many events; 1 as long as they have not been read.</summary>
    public int Count => _read?.Length ?? 1;

    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>()
    {
        var token = Id.Token;
        var index = 0;
        foreach (var e in Events)
        {
            if (e is T wanted) yield return Tuple.Create<T, StreamSequenceToken>(wanted, new EventSequenceTokenV2(token, index));
            index++;
        }
    }

    public bool ImportRequestContext()
    {
        if (_context is null) return false;
        RequestContextExtensions.Import(_codec!.ReadContext(_context));
        return true;
    }

    void IOnDeserialized.OnDeserialized(DeserializationContext context) => _codec = new EntryCodec((Serializer)context.ServiceProvider.GetService(typeof(Serializer))!);

    public override string ToString() => $"{_stream} {Id}";
}
