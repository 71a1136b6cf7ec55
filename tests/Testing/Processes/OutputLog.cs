namespace E2EEvents.Testing.Processes;

/// <summary>What a process wrote: the last lines in memory, all of it in a file if one is given. Thread-safe.</summary>
public sealed class OutputLog : IDisposable
{
    /// <summary>Lines kept in memory.</summary>
    public const int KeptLines = 200;

    private readonly Queue<string> _lines = new();
    private readonly StreamWriter? _file;
    private readonly Lock _lock = new();
    private bool _closed;

    /// <summary>Starts empty; a file that exists is continued, so that restarts end up in one file.</summary>
    public OutputLog(string? file)
    {
        if (file is null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        _file = new StreamWriter(new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }

    /// <summary>Raised for each line, on the reading thread.</summary>
    public event Action<string>? Line;

    /// <summary>The last 200 lines.</summary>
    public string Tail
    {
        get
        {
            lock (_lock) return string.Join('\n', _lines);
        }
    }

    internal void Add(string line)
    {
        lock (_lock)
        {
            if (_closed) return;
            if (_lines.Count == KeptLines) _lines.Dequeue();
            _lines.Enqueue(line);
            _file?.WriteLine(line);
        }

        Line?.Invoke(line);
    }

    internal async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line) Add(line);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            _file?.Dispose();
        }
    }
}
