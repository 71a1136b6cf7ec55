using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>Readiness of many descriptors for one thread. <see cref="Wake"/> alone may be called by others.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    /// <summary>Key under which a <see cref="Wake"/> is reported.</summary>
    public const int WakeKey = -1;

    private const int MaxEvents = 256;

    // struct epoll_event is packed on x64 only.
    private static readonly int Size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int KeyAt = Size - 8;

    private readonly SafeFileHandle _epoll = Libc.CreateEpoll();
    private readonly SafeFileHandle _wake = Libc.CreateEvent();
    private readonly byte[] _events = new byte[MaxEvents * Size];

    /// <exception cref="IOException">The system has no epoll or no more descriptors.</exception>
    public Epoll()
    {
        // Edge-triggered: each wake is reported once and nobody has to read it away.
        if (!TryAdd((int)_wake.DangerousGetHandle(), Libc.EpollIn | Libc.EpollEdge, WakeKey)) throw new IOException("epoll_ctl failed.");
    }

    /// <returns>False if the kernel takes no more.</returns>
    public bool TryAdd(int handle, int interest, int key) => Control(Libc.EpollAdd, handle, interest, key);

    public void Modify(int handle, int interest, int key) => Control(Libc.EpollModify, handle, interest, key);

    /// <summary>Only for a descriptor that lives on elsewhere: closing one removes it.</summary>
    public void Remove(int handle) => Control(Libc.EpollRemove, handle, 0, 0);

    /// <summary>Waits for events; 0 when the time is over or a signal came.</summary>
    /// <param name="timeoutMilliseconds">-1 = without end.</param>
    public int Wait(int timeoutMilliseconds)
    {
        fixed (byte* events = _events)
        {
            var count = Libc.Wait(_epoll, events, MaxEvents, timeoutMilliseconds);
            if (count < 0 && count != -Libc.ErrInterrupted) throw new IOException($"epoll_wait failed: {Marshal.GetPInvokeErrorMessage(-count)}.");
            return Math.Max(0, count);
        }
    }

    /// <summary>An event of the last <see cref="Wait"/>. It may be about a descriptor closed since, and its key be used anew: whoever is told tries, and trusts the outcome.</summary>
    public (int Key, int Ready) this[int index]
    {
        get
        {
            var entry = _events.AsSpan(index * Size, Size);
            return (BinaryPrimitives.ReadInt32LittleEndian(entry[KeyAt..]), BinaryPrimitives.ReadInt32LittleEndian(entry));
        }
    }

    /// <summary>Ends a <see cref="Wait"/> of the owning thread, the present or the next one.</summary>
    public void Wake() => Libc.TryRaise(_wake);

    public void Dispose()
    {
        _wake.Dispose();
        _epoll.Dispose();
    }

    private bool Control(int operation, int handle, int interest, int key)
    {
        var entry = stackalloc byte[16];
        var span = new Span<byte>(entry, 16);
        span.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(span, interest);
        BinaryPrimitives.WriteInt32LittleEndian(span[KeyAt..], key);
        return Libc.TryControl(_epoll, operation, handle, entry);
    }
}
