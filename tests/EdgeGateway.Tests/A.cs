using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace E2EEvents.EdgeGateway.Tests;

/// <summary>Builders.</summary>
internal static class A
{
    public const ulong Epoch = 0xaa;
    public const ulong OtherEpoch = 0xbb;

    public static TopicKey Match { get; } = new("match", "x");

    public static TopicKey Ticker { get; } = new("ticker", "x");

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static Position At(long offset, ulong epoch = Epoch) => new(epoch, offset);

    /// <summary>A state that tells its position, in part, so that a patch of it is smaller; padded to be at least so many bytes.</summary>
    public static byte[] State(long offset, ulong epoch = Epoch, int padding = 200) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $$"""{"n":{{offset}},"epoch":{{epoch}},"fixed":"{{new string('x', padding)}}"}"""));

    public static Frame Frame(long offset, ulong epoch = Epoch, int padding = 200, long homeTime = 1) =>
        new(At(offset, epoch), State(offset, epoch, padding), 0, homeTime);

    /// <summary>Result of a task that must be over by now.</summary>
    public static T Now<T>(Task<T> task)
    {
        Assert.True(task.IsCompleted, "It is not over yet.");
        return task.Result;
    }

    public static GatewayMetrics Metrics() =>
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
}
