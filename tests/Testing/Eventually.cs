using System.Runtime.CompilerServices;
using System.Text.Json;
using Xunit;

namespace E2EEvents.Testing;

/// <summary>Waits for a condition that nothing announces; a failure tells what was awaited and how things stood. Where something does announce it, await that.</summary>
public static class Eventually
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    /// <summary>Waits until <paramref name="condition"/> holds.</summary>
    /// <param name="condition">Asked every 20 ms.</param>
    /// <param name="deadline">Fails after this long.</param>
    /// <param name="state">What to show on failure.</param>
    /// <param name="time">Clock of period and deadline; default: the system's.</param>
    /// <param name="what">The condition as written, for the failure.</param>
    public static Task TrueAsync(
        Func<bool> condition, TimeSpan deadline, Func<object?>? state = null, TimeProvider? time = null, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(_ => ValueTask.FromResult(condition()), deadline, state, time, what);

    /// <summary>Waits until <paramref name="condition"/> holds; what it throws about a server that is not there counts as "not yet".</summary>
    public static async Task TrueAsync(
        Func<CancellationToken, ValueTask<bool>> condition, TimeSpan deadline, Func<object?>? state = null, TimeProvider? time = null,
        [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        time ??= TimeProvider.System;
        using var limit = new CancellationTokenSource(deadline, time);
        string? problem = null;
        while (true)
        {
            try
            {
                if (await condition(limit.Token)) return;
                problem = null;
            }
            catch (Exception e) when (e is IOException or HttpRequestException or System.Net.Sockets.SocketException or System.Net.WebSockets.WebSocketException or JsonException)
            {
                problem = e.Message;
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                problem ??= "the last look took until the deadline";
            }

            if (limit.IsCancellationRequested)
            {
                Assert.Fail($"Not within {deadline.TotalSeconds:0.###} s: {what}{(problem is null ? "" : $" ({problem})")}.{(state is null ? "" : $" State: {state()}")}");
            }

            await Task.Delay(Period, time, CancellationToken.None);
        }
    }

    /// <summary>Waits until <paramref name="actual"/> gives <paramref name="expected"/>; shows the last value otherwise.</summary>
    public static Task EqualAsync<T>(
        T expected, Func<T> actual, TimeSpan deadline, TimeProvider? time = null, [CallerArgumentExpression(nameof(actual))] string what = "") =>
        TrueAsync(() => EqualityComparer<T>.Default.Equals(expected, actual()), deadline, () => actual(), time, $"{what} equal to {expected}");
}
