using System.Globalization;
using System.Runtime.InteropServices;

namespace E2EEvents.Load.Sockets;

/// <summary>
/// The few system calls of Linux that many cheap connections need. The framework's sockets cost a task and a buffer per waiting connection, which
/// would show in the very figures that are to be measured.
/// </summary>
internal static unsafe partial class Libc
{
    public const int ErrInterrupted = 4;
    public const int ErrAgain = 11;
    public const int ErrInProgress = 115;

    public const int EpollIn = 0x1;
    public const int EpollOut = 0x4;
    public const int EpollError = 0x8;
    public const int EpollHangUp = 0x10;
    public const int EpollPeerClosed = 0x2000;

    public const int EpollAdd = 1;
    public const int EpollModify = 3;

    private const int Inet = 2;
    private const int StreamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;
    private const int NoSignal = 0x4000;
    private const int SolSocket = 1;
    private const int SoError = 4;
    private const int SoReceiveBuffer = 8;
    private const int SolTcp = 6;
    private const int TcpNoDelay = 1;
    private const int SolIp = 0;
    private const int BindAddressNoPort = 24;
    private const int CpuSetBytes = 128;

    /// <summary>A non-blocking TCP socket bound to a loopback address; its port is chosen at connect, so that it may be used towards several servers.</summary>
    /// <param name="address">127.0.0.0/8 as a number in host order.</param>
    /// <param name="receiveBytes">Receive buffer of the kernel; 0 = its default.</param>
    public static int OpenTcp(uint address, int receiveBytes)
    {
        var handle = Check(SocketOf(Inet, StreamNonBlockingCloseOnExec, 0), "socket");
        var one = 1;
        Check(SetOption(handle, SolIp, BindAddressNoPort, &one, sizeof(int)), "setsockopt");
        Check(SetOption(handle, SolTcp, TcpNoDelay, &one, sizeof(int)), "setsockopt");
        if (receiveBytes > 0) Check(SetOption(handle, SolSocket, SoReceiveBuffer, &receiveBytes, sizeof(int)), "setsockopt");
        var local = AddressOf(address, 0);
        Check(Bind(handle, &local, sizeof(SocketAddress)), "bind");
        return handle;
    }

    /// <summary>Begins to connect; 0, or the error if it failed at once.</summary>
    public static int BeginConnect(int handle, uint address, ushort port)
    {
        var remote = AddressOf(address, port);
        if (Connect(handle, &remote, sizeof(SocketAddress)) == 0) return 0;
        var error = Marshal.GetLastPInvokeError();
        return error == ErrInProgress ? 0 : error;
    }

    /// <summary>The error that a connect ended with; 0 = connected.</summary>
    public static int ConnectError(int handle)
    {
        int error;
        var size = sizeof(int);
        return GetOption(handle, SolSocket, SoError, &error, &size) == 0 ? error : Marshal.GetLastPInvokeError();
    }

    /// <summary>Bytes read, 0 at the end of the stream, or the error as a negative number.</summary>
    public static int Receive(int handle, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            var read = Recv(handle, bytes, (nuint)buffer.Length, 0);
            return read >= 0 ? (int)read : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Bytes taken, or the error as a negative number.</summary>
    public static int Send(int handle, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            var sent = SendTo(handle, bytes, (nuint)buffer.Length, NoSignal);
            return sent >= 0 ? (int)sent : -Marshal.GetLastPInvokeError();
        }
    }

    /// <summary>Keeps this process, all its present threads, on some cores.</summary>
    /// <param name="cores">As taskset reads them: <c>1</c>, <c>0,2</c> or <c>2-5</c>.</param>
    public static void RunOn(string cores)
    {
        var set = stackalloc byte[CpuSetBytes];
        new Span<byte>(set, CpuSetBytes).Clear();
        foreach (var part in cores.Split(','))
        {
            var ends = Array.ConvertAll(part.Split('-'), text => int.Parse(text, CultureInfo.InvariantCulture));
            for (var core = ends[0]; core <= ends[^1]; core++) set[core / 8] |= (byte)(1 << (core % 8));
        }

        foreach (var thread in Directory.GetDirectories("/proc/self/task"))
        {
            // A thread may have ended meanwhile; those started later inherit from the one that starts them.
            _ = SetAffinity(int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), CpuSetBytes, set);
        }
    }

    /// <summary>Halts this thread, to some 50 µs: a timer of the framework is 1 ms coarse.</summary>
    public static void Sleep(long microseconds)
    {
        var time = stackalloc long[2];
        (time[0], time[1]) = (microseconds / 1_000_000, microseconds % 1_000_000 * 1000);
        _ = NanoSleep(time, null); // woken early by a signal: callers look at the clock again
    }

    /// <exception cref="InvalidOperationException">The call failed.</exception>
    public static int Check(int result, string call) =>
        result >= 0 ? result : throw new InvalidOperationException($"{call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}.");

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int handle);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int handle, byte* epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventHandle(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int handle, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int handle, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int NanoSleep(long* time, long* left);

    private static SocketAddress AddressOf(uint address, ushort port)
    {
        var result = default(SocketAddress);
        result.Family = Inet;
        (result.PortHigh, result.PortLow) = ((byte)(port >> 8), (byte)port);
        (result.A, result.B, result.C, result.D) = ((byte)(address >> 24), (byte)(address >> 16), (byte)(address >> 8), (byte)address);
        return result;
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int SocketOf(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int handle, SocketAddress* address, int length);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(int handle, SocketAddress* address, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(int handle, int level, int name, int* value, int length);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int handle, int level, int name, int* value, int* length);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Recv(int handle, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint SendTo(int handle, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    private static partial int SetAffinity(int thread, nuint length, byte* mask);

    /// <summary>sockaddr_in.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct SocketAddress
    {
        public ushort Family;
        public byte PortHigh;
        public byte PortLow;
        public byte A;
        public byte B;
        public byte C;
        public byte D;
        public ulong Zero;
    }
}
