namespace E2EEvents.Hosting;

/// <summary>Pauses between attempts: a random part (full jitter, so that many who failed together do not return together) of a bound that doubles.</summary>
/// <param name="first">Bound of the first pause.</param>
/// <param name="longest">Bound of any pause.</param>
/// <param name="time">Clock.</param>
/// <param name="random">Gives 0 (inclusive) to 1 (exclusive).</param>
internal sealed class Backoff(TimeSpan first, TimeSpan longest, TimeProvider time, Func<double> random)
{
    /// <summary>Failures since the last success.</summary>
    public int Failures { get; private set; }

    /// <summary>After a success.</summary>
    public void Reset() => Failures = 0;

    /// <summary>Counts a failure and gives the pause to make.</summary>
    public TimeSpan Next()
    {
        // Beyond 30 doublings of at least 1 ms every bound is passed: the power must not overflow.
        var bound = Math.Min(longest.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(Failures, 30)));
        Failures++;
        return TimeSpan.FromMilliseconds(bound * random());
    }

    /// <summary>Counts a failure and pauses.</summary>
    public Task PauseAsync(CancellationToken cancellationToken) => Task.Delay(Next(), time, cancellationToken);
}
