namespace E2EEvents.Grains.Tests.Feeds;

internal static class FeedAnswers
{
    /// <summary>This region's own watermark; 0 = the answer says nothing.</summary>
    public static long FreshAt(this FeedAnswer answer) => answer.Watermarks is [var first, ..] ? first.FreshAt : 0;
}
