using System.Text.Json;
using E2EEvents.Load.Peers.Clients;

namespace E2EEvents.Load.Tests.Peers;

public sealed class UpdateTests
{
    private static readonly Update Some = new(1_764_000_000_123_456, 42, 49);

    [Theory]
    [InlineData(Update.MinBytes)]
    [InlineData(256)]
    public void WriteTo_AnyLength_IsJsonOfThatLength(int bytes)
    {
        var update = Update.Template(bytes);
        Some.WriteTo(update);
        Assert.Equal(bytes, update.Length);
        Assert.Equal(Some.Due, JsonSerializer.Deserialize<JsonElement>(update).GetProperty("due").GetInt64());
    }

    [Fact]
    public void TryFind_InsideWhatAServerPutAround_FindsIt()
    {
        var update = Update.Template(256);
        Some.WriteTo(update);
        Assert.True(Update.TryFind([.. "{\"topic\":\"load/t49\",\"offset\":7,\"state\":"u8, .. update, .. "}"u8], out var found));
        Assert.Equal(Some, found);
    }

    [Fact]
    public void TryFind_CutOffOrNone_FindsNothing()
    {
        var update = Update.Template(256);
        Some.WriteTo(update);
        Assert.False(Update.TryFind(update.AsSpan(0, 40), out _));
        Assert.False(Update.TryFind("{\"state\":{}}"u8, out _));
    }
}
