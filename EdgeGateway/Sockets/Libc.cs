using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace E2EEvents.EdgeGateway.Sockets;

/// <summary>
/// The system calls of Linux behind the direct way to a client's socket. The framework's sockets would cost a queue, a task and a copy for each
/// write, and a parked buffer for each connection. Results are as the kernel gives them, errors as negative numbers: nothing throws for a client.
/// </summary>
internal static unsafe partial class Libc
{
    public const int ErrInterrupted = 4;
    public const int ErrAgain = 11;
    public const int ErrProtocol = 71;
    public const int ErrAborted = 103;

    public const int EpollIn = 0x1;
    public const int EpollOut = 0x4;
    public const int EpollError = 0x8;
    public const int EpollHangUp = 0x10;
    public const int EpollEdge = 1 << 31;

    public const int EpollAdd = 1;
    public const int EpollRemove = 2;
    public const int EpollModify = 3;

    public const int AddressInet6 = 10;

    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int PeekOnly = 0x2;
    private const int ShutWrite = 1;
    private const int SolSocket = 1;
    private const int SoLinger = 13;

    public static SafeFileHandle CreateEpoll() => Checked(EpollCreate(CloseOnExec), "epoll_create1");

    public static SafeFileHandle CreateEvent() => Checked(EventHandle(0, CloseOnExec | NonBlocking), "eventfd");

    /// <summary>Bytes taken, or the error as a negative number.</summary>
    public static int Send(int handle, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes) return Outcome(SendTo(handle, first, (nuint)bytes.Length, DontWait | NoSignal));
    }

    /// <summary>Bytes read, 0 at the end of the stream, or the error as a negative number.</summary>
    public static int Receive(int handle, Span<byte> buffer)
    {
        fixed (byte* first = buffer) return Outcome(Recv(handle, first, (nuint)buffer.Length, DontWait));
    }

    /// <summary>As <see cref="Receive"/>, and the bytes stay for whoever reads next.</summary>
    public static int Peek(int handle, Span<byte> buffer)
    {
        fixed (byte* first = buffer) return Outcome(Recv(handle, first, (nuint)buffer.Length, DontWait | PeekOnly));
    }

    /// <summary>The next connection as a descriptor, not blocking and not inherited, with the peer's address; or the error as a negative number.</summary>
    public static int Accept(int listener, Span<byte> address)
    {
        var length = address.Length;
        fixed (byte* first = address)
        {
            var handle = AcceptFrom(listener, first, &length, CloseOnExec | NonBlocking);
            return handle >= 0 ? handle : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Says that nothing more will be sent, behind all that was.</summary>
    public static void EndSending(int handle) => _ = Shutdown(handle, ShutWrite);

    /// <summary>Closes at once: what the kernel still holds for the client is thrown away.</summary>
    public static void Reset(int handle)
    {
        var linger = stackalloc int[2] { 1, 0 };
        _ = SetOption(handle, SolSocket, SoLinger, linger, 2 * sizeof(int));
        Close(handle);
    }

    public static void Close(int handle) => _ = CloseHandle(handle); // whatever it answers, the descriptor is gone

    /// <summary>Adds, changes or removes a descriptor; false if the kernel refuses.</summary>
    public static bool TryControl(SafeFileHandle epoll, int operation, int handle, byte* entry) => EpollControl(epoll, operation, handle, entry) == 0;

    /// <summary>Number of events, or the error as a negative number.</summary>
    public static int Wait(SafeFileHandle epoll, byte* events, int maxEvents, int timeoutMilliseconds) =>
        (int)Outcome(EpollWait(epoll, events, maxEvents, timeoutMilliseconds));

    /// <summary>Raises an event. Safe at any time: false once the handle is closed.</summary>
    public static bool TryRaise(SafeFileHandle handle)
    {
        ulong one = 1;
        try
        {
            return Write(handle, (byte*)&one, sizeof(ulong)) > 0;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private static int Outcome(nint result) => result >= 0 ? (int)result : -Marshal.GetLastPInvokeError();

    private static SafeFileHandle Checked(int handle, string call) => handle >= 0
        ? new SafeFileHandle(handle, ownsHandle: true)
        : throw new IOException($"{call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}. Set Gateway:Fanout:DirectSockets to false to do without it.");

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseHandle(int handle);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    private static partial int Shutdown(int handle, int how);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetOption(int handle, int level, int name, int* value, int length);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int AcceptFrom(int handle, byte* address, int* length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Recv(int handle, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendTo(int handle, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(SafeFileHandle handle, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventHandle(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(SafeFileHandle epoll, int operation, int handle, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(SafeFileHandle epoll, byte* events, int maxEvents, int timeoutMilliseconds);
}
