namespace E2EEvents.EdgeGateway.Fanout;

/// <summary>Updates per second as workers count them.</summary>
internal static class Rate
{
    /// <summary>Whole milliseconds between two updates, so that the rate is never exceeded; 0 for no rate.</summary>
    public static int IntervalOf(double perSecond) => perSecond <= 0 ? 0 : (int)Math.Ceiling(1000 / perSecond);
}
