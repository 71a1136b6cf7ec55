using E2EEvents.Testing.Logs;
using Microsoft.Extensions.Logging;

namespace E2EEvents.Testing.Tests.Logs;

public sealed class LogCaptureTests
{
    [Fact]
    public void Dispose_UnexpectedWarning_FailsAndShowsIt()
    {
        var log = new LogCapture();
        log.For<LogCaptureTests>().LogWarning(new EventId(7), "The {Thing} broke.", "lever");
        var failure = Assert.ThrowsAny<Xunit.Sdk.XunitException>(log.Dispose);
        Assert.Contains("The lever broke.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_OnlyExpectedOrHarmlessLines_Passes()
    {
        using var log = new LogCapture().Expect(7);
        log.For<LogCaptureTests>().LogError(new EventId(7), "Expected.");
        log.For<LogCaptureTests>().LogInformation("Harmless.");
        Assert.True(log.Has(7));
        Assert.Equal(2, log.Lines.Count);
    }
}
