using System.Text;

namespace E2EEvents.Connectors.Tests;

/// <summary>Builds records for tests.</summary>
internal static class Records
{
    public static SourceRecord Of(string json, ulong number = 1, long originTime = 0, string partition = "p", string? token = null, long incarnation = 0) =>
        new(partition, incarnation, Sequence.OrdinalOf(number), null, Encoding.UTF8.GetBytes(json), originTime, null, new ResumeToken(token ?? $"{number}"));

    public static SourceRecord WithId(string json, string id) => new("p", 0, null, id, Encoding.UTF8.GetBytes(json), 0, null, new ResumeToken(id));

    public static string Text(byte[] json) => Encoding.UTF8.GetString(json);
}
