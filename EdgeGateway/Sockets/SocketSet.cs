using E2EEvents.EdgeGateway.Transports.WebSocket;
using Microsoft.Extensions.Logging;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>
/// The client descriptors of one worker, waited on together. Everything is done on the worker's thread, closing too, so that no descriptor is
/// ever used after its number went to another client; only <see cref="Wake"/> is for everybody.
/// </summary>
internal sealed class SocketSet(ILogger logger) : IDisposable
{
    private const int BufferBytes = 16 << 10;

    private readonly Epoll _epoll = new();
    private readonly List<DirectConnection?> _places = [];
    private readonly Stack<int> _free = new();
    private readonly List<(DirectConnection Connection, long Until)> _leaving = [];
    private ClientFrames? _spareFrames;

    /// <summary>What is read goes through here; nothing of it is kept between two connections.</summary>
    public byte[] Buffer { get; } = new byte[BufferBytes];

    public void Wake() => _epoll.Wake();

    /// <summary>Waits for readiness and lets each ready connection act.</summary>
    /// <param name="timeoutMilliseconds">0 = only looks, -1 = until something is ready or <see cref="Wake"/>.</param>
    public void Poll(int timeoutMilliseconds)
    {
        var count = _epoll.Wait(timeoutMilliseconds);
        for (var i = 0; i < count; i++)
        {
            var (key, ready) = _epoll[i];
            if (key != Epoll.WakeKey && _places[key] is { } connection) Serve(connection, ready);
        }
    }

    /// <summary>Takes a descriptor in; -1 if the kernel takes no more.</summary>
    public int Add(DirectConnection connection, int handle, int interest)
    {
        if (!_free.TryPop(out var place))
        {
            place = _places.Count;
            _places.Add(null);
        }

        if (!_epoll.TryAdd(handle, interest, place))
        {
            _free.Push(place);
            return -1;
        }

        _places[place] = connection;
        return place;
    }

    public void Modify(int handle, int interest, int place) => _epoll.Modify(handle, interest, place);

    /// <summary>Forgets a descriptor that is being closed, which takes it out of the kernel's set.</summary>
    public void Remove(int place)
    {
        _places[place] = null;
        _free.Push(place);
    }

    /// <summary>Closes the connection at that time (of <see cref="CloseLate"/>) unless its client did so before.</summary>
    public void CloseAt(DirectConnection connection, long time) => _leaving.Add((connection, time));

    /// <summary>Closes those whose time is over.</summary>
    /// <param name="now">Milliseconds of the worker's clock; <see cref="long.MaxValue"/> closes all.</param>
    public void CloseLate(long now)
    {
        var kept = 0;
        foreach (var (connection, until) in _leaving)
        {
            if (connection.IsClosed) continue;
            if (now >= until) connection.Close();
            else _leaving[kept++] = (connection, until);
        }

        _leaving.RemoveRange(kept, _leaving.Count - kept);
    }

    /// <summary>A reader of client frames for one connection, for as long as it holds an incomplete one.</summary>
    public ClientFrames TakeFrames(int maxFrameBytes)
    {
        var frames = _spareFrames ?? new ClientFrames(maxFrameBytes);
        _spareFrames = null;
        return frames;
    }

    public void GiveBack(ClientFrames frames) => _spareFrames = frames;

    public void Dispose()
    {
        CloseLate(long.MaxValue);
        _epoll.Dispose();
    }

    private void Serve(DirectConnection connection, int ready)
    {
        try
        {
            connection.OnReady(ready);
        }
        catch (Exception e) when (e is not OutOfMemoryException) // survived: the worker's other connections
        {
            Log.ReadFailed(logger, e);
            connection.Lose();
        }
    }
}
