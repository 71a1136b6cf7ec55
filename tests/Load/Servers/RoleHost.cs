using System.Text.Json;
using System.Threading.Channels;

namespace E2EEvents.Load.Servers;

/// <summary>The other end of <see cref="RoleProcess"/>.</summary>
internal static class RoleHost
{
    /// <summary>Says that the role is ready, then carries out orders until the input ends.</summary>
    public static async Task ServeAsync(object ready, Func<string, Task<object>> carryOut)
    {
        var orders = Channel.CreateUnbounded<string>(); // the driver waits for each answer, so there is never more than one
        // Reading blocks: a thread of its own, because a pinned process starts with a single one in its pool.
        new Thread(() => ReadOrders(orders.Writer)) { Name = "orders", IsBackground = true }.Start();
        await WriteAsync(ready);
        await foreach (var order in orders.Reader.ReadAllAsync()) await WriteAsync(await carryOut(order));
    }

    private static void ReadOrders(ChannelWriter<string> orders)
    {
        while (Console.In.ReadLine() is { } order) orders.TryWrite(order);
        orders.Complete();
    }

    private static async Task WriteAsync(object answer)
    {
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(answer, JsonSerializerOptions.Web));
        await Console.Out.FlushAsync();
    }
}
