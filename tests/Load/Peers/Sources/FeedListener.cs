using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace E2EEvents.Load.Peers.Sources;

/// <summary>The other end of a <see cref="RecordFeed"/>: hands each update to the server in whose process it is, on a thread of its own.</summary>
internal sealed class FeedListener : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Action<int, byte[]> _take;

    /// <param name="port">On 127.0.0.1.</param>
    /// <param name="take">Index of a topic and an update, an array of its own.</param>
    public FeedListener(int port, Action<int, byte[]> take)
    {
        _take = take;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen();
        new Thread(Run) { Name = "feed", IsBackground = true }.Start();
    }

    public void Dispose() => _listener.Dispose();

    private void Run()
    {
        try
        {
            while (true)
            {
                using var feed = _listener.Accept();
                Read(feed);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The run is over.
        }
    }

    private void Read(Socket feed)
    {
        var buffer = new byte[1 << 18];
        var kept = 0;
        while (feed.Receive(buffer.AsSpan(kept)) is var read and > 0)
        {
            var all = kept + read;
            var used = 0;
            while (all - used >= RecordFeed.HeaderBytes)
            {
                var record = buffer.AsSpan(used, all - used);
                var total = RecordFeed.HeaderBytes + BinaryPrimitives.ReadUInt16LittleEndian(record[2..]);
                if (record.Length < total) break;
                _take(BinaryPrimitives.ReadUInt16LittleEndian(record), record[RecordFeed.HeaderBytes..total].ToArray());
                used += total;
            }

            kept = all - used;
            buffer.AsSpan(used, kept).CopyTo(buffer);
        }
    }
}
