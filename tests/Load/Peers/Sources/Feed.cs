using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace E2EEvents.Load.Peers.Sources;

/// <summary>A publisher's one connection to a server, in the words of the server. What is added leaves with the next flush, in one write.</summary>
internal abstract class Feed : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Thread _answers;

    /// <param name="port">Where the server takes updates, on 127.0.0.1.</param>
    protected Feed(int port)
    {
        _socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        _answers = new Thread(ReadAnswers) { Name = "answers", IsBackground = true };
    }

    protected ArrayBufferWriter<byte> Buffer { get; } = new(1 << 16);

    /// <summary>By the name of the server.</summary>
    /// <exception cref="ArgumentException">There is no such server.</exception>
    public static Feed Of(string peer, int port)
    {
        Feed feed = peer switch
        {
            "gateway" or "floor" or "bun" or "signalr" => new RecordFeed(port),
            "nchan" => new NchanFeed(port),
            "nats" => new NatsFeed(port),
            "mosquitto" => new MqttFeed(port),
            _ => throw new ArgumentException($"'{peer}' is no peer.", nameof(peer)),
        };
        feed.Begin();
        feed.Flush();
        feed._answers.Start();
        return feed;
    }

    public abstract void Add(int topic, ReadOnlySpan<byte> update);

    /// <summary>Sends what was added; blocks while the server does not take it.</summary>
    public void Flush()
    {
        var left = Buffer.WrittenSpan;
        while (left.Length > 0) left = left[_socket.Send(left)..];
        Buffer.ResetWrittenCount();
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>Name of a topic where the server has names.</summary>
    protected static string NameOf(int topic) => $"t{topic}";

    /// <summary>Says what comes before the first update.</summary>
    protected virtual void Begin()
    {
    }

    /// <summary>What the server said; a reply may be sent with <see cref="Answer"/>.</summary>
    protected virtual void Answered(ReadOnlySpan<byte> bytes)
    {
    }

    /// <summary>From the thread that reads: short enough to leave in one write.</summary>
    protected void Answer(ReadOnlySpan<byte> bytes) => _socket.Send(bytes);

    private void ReadAnswers()
    {
        var buffer = new byte[1 << 16];
        try
        {
            while (_socket.Receive(buffer) is var read and > 0) Answered(buffer.AsSpan(0, read));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The run is over, or the server is, which the subscribers tell.
        }
    }
}
