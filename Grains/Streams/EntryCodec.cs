using Orleans.Serialization;
using StackExchange.Redis;

namespace E2EEvents.Streams;

/// <summary>An entry's bytes, as they are in the log: fields <c>ns</c> and <c>key</c> (the stream), <c>events</c> and, where there is one, <c>context</c>.</summary>
internal sealed class EntryCodec(Serializer serializer)
{
    private static readonly RedisValue Namespace = "ns";
    private static readonly RedisValue Key = "key";
    private static readonly RedisValue EventsField = "events";
    private static readonly RedisValue Context = "context";

    /// <summary>Field names and values in turn, as XADD takes them.</summary>
    public RedisValue[] Write<T>(StreamId stream, IEnumerable<T> events, Dictionary<string, object>? context)
    {
        var bytes = serializer.SerializeToArray<object>(events as T[] ?? [.. events]);
        RedisValue[] fields = [Namespace, stream.Namespace, Key, stream.Key, EventsField, bytes];
        return context is null or { Count: 0 } ? fields : [.. fields, Context, serializer.SerializeToArray(context)];
    }

    /// <summary>The container; its events are read, so that handing it out cannot fail any more.</summary>
    /// <exception cref="Exception">The entry is not one of ours, or its events cannot be read in this process.</exception>
    public StreamContainer Read(EntryId id, NameValueEntry[] fields)
    {
        var stream = StreamOf(fields) ?? throw new FormatException("The entry lacks the fields ns and key.");
        var events = ValueOf(fields, EventsField);
        if (events.IsNull) throw new FormatException("The entry lacks the field events.");
        var context = ValueOf(fields, Context);
        var container = new StreamContainer(stream, id, events!, context.IsNull ? null : (byte[]?)context, this);
        _ = container.Events;
        if (!context.IsNull) ReadContext(context!);
        return container;
    }

    /// <summary>The stream, if at least that can be told.</summary>
    public static StreamId? StreamOf(NameValueEntry[] fields)
    {
        var (ns, key) = (ValueOf(fields, Namespace), ValueOf(fields, Key));
        if (ns.IsNull || key.IsNullOrEmpty) return null;
        return StreamId.Create((byte[])ns!, (byte[])key!);
    }

    /// <summary>All that is in the entry, for keeping it aside.</summary>
    public static Dictionary<string, byte[]> RawOf(NameValueEntry[] fields)
    {
        var raw = new Dictionary<string, byte[]>(fields.Length);
        foreach (var field in fields) raw[field.Name.ToString()] = (byte[]?)field.Value ?? [];
        return raw;
    }

    public Array ReadEvents(byte[] bytes) => serializer.Deserialize<object>(bytes) as Array ?? throw new FormatException("The entry's events are not a list.");

    public Dictionary<string, object> ReadContext(byte[] bytes) => serializer.Deserialize<Dictionary<string, object>>(bytes) ?? [];

    private static RedisValue ValueOf(NameValueEntry[] fields, RedisValue name)
    {
        foreach (var field in fields)
        {
            if (field.Name == name) return field.Value;
        }

        return RedisValue.Null;
    }
}
