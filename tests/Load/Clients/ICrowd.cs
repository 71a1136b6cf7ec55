namespace E2EEvents.Load.Clients;

/// <summary>All connections of a run, in this process or in several others.</summary>
internal interface ICrowd : IAsyncDisposable
{
    /// <summary>Other processes that hold them; none = this one does.</summary>
    IReadOnlyList<int> ProcessIds { get; }

    /// <summary>Opens more connections and waits until all have joined or are lost.</summary>
    /// <param name="count">How many.</param>
    /// <param name="perSecond">Pace; 0 = all at once.</param>
    /// <param name="neverRead">They stop reading once they have joined.</param>
    /// <param name="deadline">Longest wait.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Connections that joined; fewer than asked for if some were lost or the deadline passed.</returns>
    Task<int> OpenAsync(int count, double perSecond, bool neverRead, TimeSpan deadline, CancellationToken cancellationToken);

    /// <summary>Begins or ends the measuring window.</summary>
    Task MeasureAsync(bool on);

    /// <summary>Figures so far, of all.</summary>
    Task<Figures> FiguresAsync();

    /// <summary>Waits until nothing was delivered for half a second, at most <paramref name="longest"/>.</summary>
    Task QuietAsync(TimeSpan longest, CancellationToken cancellationToken);

    /// <summary>Topics of open, reading connections that stand behind the newest offset that any has. To be asked when the source is quiet.</summary>
    Task<int> CountBehindAsync();

    Task CloseAllAsync();
}
