namespace E2EEvents.Testing.Clients;

/// <summary>A client as an application has it: connects, and whenever the connection ends connects again with its position, after a short random pause.</summary>
public sealed class ResumingClient : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly Func<CancellationToken, Task<IStreamClient>> _connect;
    private readonly Task _running;
    private volatile StreamEnd? _lastEnd;
    private int _connections;

    private ResumingClient(Func<CancellationToken, Task<IStreamClient>> connect)
    {
        _connect = connect;
        _running = RunAsync();
    }

    /// <summary>Connections opened so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>True while a connection is open.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>How the last connection ended, or why there is none.</summary>
    public StreamEnd? LastEnd => _lastEnd;

    /// <summary>Begins; <paramref name="connect"/> opens one connection, resuming at its transcripts' positions.</summary>
    public static ResumingClient Start(Func<CancellationToken, Task<IStreamClient>> connect) => new(connect);

    /// <summary>Resuming server-sent events.</summary>
    public static ResumingClient Sse(Uri gateway, IReadOnlyList<Transcript> topics, StreamOptions? options = null) =>
        Start(async token => await SseClient.ConnectAsync(gateway, topics, token, options));

    /// <summary>A resuming raw WebSocket.</summary>
    public static ResumingClient Ws(Uri gateway, IReadOnlyList<Transcript> topics, StreamOptions? options = null) =>
        Start(async token => await WsClient.ConnectAsync(gateway, topics, token, options));

    /// <summary>A resuming long poll of one topic.</summary>
    public static ResumingClient Http(Uri gateway, Transcript topic) =>
        Start(token => Task.FromResult<IStreamClient>(LongPollClient.Start(gateway, topic)));

    /// <summary>Closes the connection and fails if the contract was broken and nobody was told yet.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _running;
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await using var client = await _connect(_closing.Token);
                Interlocked.Increment(ref _connections);
                IsConnected = true;
                _lastEnd = await client.Ended.WaitAsync(_closing.Token);
            }
            catch (OperationCanceledException) when (_closing.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is IOException or HttpRequestException or System.Net.WebSockets.WebSocketException or OperationCanceledException)
            {
                _lastEnd = new StreamEnd(0, "not connected: " + e.Message);
            }
            finally
            {
                IsConnected = false;
            }

            await PauseAsync();
        }
    }

    private async Task PauseAsync()
    {
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(20, 200)), TimeProvider.System, _closing.Token);
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
