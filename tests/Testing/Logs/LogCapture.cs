using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Xunit;

namespace E2EEvents.Testing.Logs;

/// <summary>One log line.</summary>
/// <param name="Level">Its level.</param>
/// <param name="Category">Logger name.</param>
/// <param name="Id">Event id.</param>
/// <param name="Text">Formatted text.</param>
/// <param name="Exception">With it, or null.</param>
public sealed record LogLine(LogLevel Level, string Category, EventId Id, string Text, Exception? Exception)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Level} {Category}[{Id.Id}] {Text}{(Exception is null ? "" : "\n" + Exception)}";
}

/// <summary>
/// Takes the log of what a test runs. Disposing it fails the test if a Warning or worse was written that the test did not announce
/// with <see cref="Expect(int)"/>, so that trouble never hides behind a green test.
/// </summary>
public sealed class LogCapture : ILoggerProvider, ILoggerFactory
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly ConcurrentBag<Func<LogLine, bool>> _expected = [];
    private readonly ITestOutputHelper? _output = TestContext.Current.TestOutputHelper;

    /// <summary>All lines so far.</summary>
    public IReadOnlyCollection<LogLine> Lines => _lines;

    /// <summary>Lowest level taken. Default: Debug.</summary>
    public LogLevel Lowest { get; init; } = LogLevel.Debug;

    /// <summary>Warnings and errors with this event id belong to the test.</summary>
    public LogCapture Expect(int eventId) => Expect(line => line.Id.Id == eventId);

    /// <summary>Warnings and errors that <paramref name="which"/> picks belong to the test.</summary>
    public LogCapture Expect(Func<LogLine, bool> which)
    {
        _expected.Add(which);
        return this;
    }

    /// <summary>Waits for a line.</summary>
    public Task SeesAsync(int eventId, TimeSpan deadline) =>
        Eventually.TrueAsync(() => Has(eventId), deadline, () => "\n" + string.Join('\n', _lines), what: $"a log line with event id {eventId}");

    /// <summary>True if a line with this event id was written.</summary>
    public bool Has(int eventId)
    {
        foreach (var line in _lines)
        {
            if (line.Id.Id == eventId) return true;
        }

        return false;
    }

    /// <summary>Fails if there are unexpected warnings or errors.</summary>
    public void AssertQuiet()
    {
        var unexpected = new List<LogLine>();
        foreach (var line in _lines)
        {
            if (line.Level >= LogLevel.Warning && !IsExpected(line)) unexpected.Add(line);
        }

        if (unexpected.Count > 0) Assert.Fail($"{unexpected.Count} unexpected log line(s):\n{string.Join('\n', unexpected)}");
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    void ILoggerFactory.AddProvider(ILoggerProvider provider) => throw new NotSupportedException("The capture is the only provider.");

    /// <summary>Fails if there are unexpected warnings or errors. Give hosts <see cref="AsProvider"/>: they dispose their providers, and a failure would be lost there.</summary>
    public void Dispose() => AssertQuiet();

    /// <summary>The capture as a provider whose disposal by a host does nothing.</summary>
    public ILoggerProvider AsProvider() => new Borrowed(this);

    private bool IsExpected(LogLine line)
    {
        foreach (var which in _expected)
        {
            if (which(line)) return true;
        }

        return false;
    }

    private void Add(LogLine line)
    {
        _lines.Enqueue(line);
        try
        {
            _output?.WriteLine(line.ToString());
        }
        catch (InvalidOperationException)
        {
            // The test has ended; a straggler's line has no output to go to any more.
        }
    }

    private sealed class Borrowed(LogCapture capture) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => capture.CreateLogger(categoryName);

        public void Dispose()
        {
        }
    }

    private sealed class Logger(LogCapture capture, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= capture.Lowest && logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) capture.Add(new LogLine(logLevel, category, eventId, formatter(state, exception), exception));
        }
    }
}

/// <summary>A logger of a type, for constructors that want one.</summary>
public static class LogCaptureExtensions
{
    /// <summary>The capture's logger for <typeparamref name="T"/>.</summary>
    public static ILogger<T> For<T>(this LogCapture capture) => new Logger<T>(capture);
}
