using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace E2EEvents.Load.Sockets;

/// <summary>Readiness of many sockets for one thread; <see cref="Wake"/> may be called by any.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    /// <summary>Key that <see cref="Wake"/> reports.</summary>
    public const long WakeKey = -1;

    private const int MaxEvents = 512;

    // struct epoll_event is packed on x64 only.
    private static readonly int Size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int KeyAt = Size - 8;

    private readonly int _epoll = Libc.Check(Libc.EpollCreate(0), "epoll_create1");
    private readonly int _wake = Libc.Check(Libc.EventHandle(0, 0x800), "eventfd");
    private readonly byte[] _events = new byte[MaxEvents * Size];

    public Epoll() => Control(Libc.EpollAdd, _wake, Libc.EpollIn, WakeKey);

    public void Add(int handle, int interest, long key) => Control(Libc.EpollAdd, handle, interest, key);

    public void Modify(int handle, int interest, long key) => Control(Libc.EpollModify, handle, interest, key);

    /// <summary>Waits for events; 0 when the timeout ended first.</summary>
    public int Wait(int timeoutMilliseconds)
    {
        fixed (byte* events = _events)
        {
            var count = Libc.EpollWait(_epoll, events, MaxEvents, timeoutMilliseconds);
            if (count >= 0) return count;
            return Marshal.GetLastPInvokeError() == Libc.ErrInterrupted ? 0 : Libc.Check(-1, "epoll_wait");
        }
    }

    public (long Key, int Ready) this[int index]
    {
        get
        {
            var entry = _events.AsSpan(index * Size, Size);
            return (BinaryPrimitives.ReadInt64LittleEndian(entry[KeyAt..]), BinaryPrimitives.ReadInt32LittleEndian(entry));
        }
    }

    /// <summary>Ends a <see cref="Wait"/> of the owning thread.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = Libc.Write(_wake, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Called by the owner when it was woken.</summary>
    public void Woken()
    {
        ulong count;
        _ = Libc.Read(_wake, (byte*)&count, sizeof(ulong));
    }

    public void Dispose()
    {
        _ = Libc.Close(_wake);
        _ = Libc.Close(_epoll);
    }

    private void Control(int operation, int handle, int interest, long key)
    {
        var entry = stackalloc byte[Size];
        var span = new Span<byte>(entry, Size);
        BinaryPrimitives.WriteInt32LittleEndian(span, interest);
        BinaryPrimitives.WriteInt64LittleEndian(span[KeyAt..], key);
        Libc.Check(Libc.EpollControl(_epoll, operation, handle, entry), "epoll_ctl");
    }
}
