using System.Globalization;
using E2EEvents.Testing.Faults;

namespace E2EEvents.Testing.Regions;

/// <summary>The way from one region to the gateways of another, with a fault proxy before each of them. Faults act on all.</summary>
public sealed class WorldLink : IAsyncDisposable
{
    private readonly FaultProxy[] _proxies;
    private bool _refuses;

    internal WorldLink(int[] linkPorts) => _proxies = Array.ConvertAll(linkPorts, port => new FaultProxy(port));

    /// <summary>What the dialling region has for <c>Regions:All:…:Links</c>.</summary>
    public string Addresses => string.Join(';', Array.ConvertAll(_proxies, proxy => "127.0.0.1:" + proxy.Port.ToString(CultureInfo.InvariantCulture)));

    /// <summary>Open connections.</summary>
    public int Connections => Sum(proxy => proxy.Connections);

    /// <summary>Connections ever accepted.</summary>
    public int Accepted => Sum(proxy => proxy.Accepted);

    /// <summary>Bytes passed so far, both ways.</summary>
    public long Bytes => Sum(proxy => proxy.BytesToClient + proxy.BytesToServer);

    /// <summary>Bytes passed so far to the region that dials.</summary>
    public long BytesDown => Sum(proxy => proxy.BytesToClient);

    /// <summary>Distance: delay each way, and up to so much more.</summary>
    public void SetDelay(TimeSpan delay, TimeSpan jitter) => Each(proxy => (proxy.Delay, proxy.Jitter) = (delay, jitter));

    /// <summary>Bytes a second each way; 0 = no limit.</summary>
    public void SetRate(int bytesPerSecond) => Each(proxy => proxy.BytesPerSecond = bytesPerSecond);

    /// <summary>Nothing moves, connections stay open.</summary>
    public void Stall() => Each(proxy => proxy.Stall());

    /// <summary>Only what comes from the upstream stops.</summary>
    public void StallDown() => Each(proxy => proxy.StallToClient());

    /// <summary>Only what goes to the upstream stops.</summary>
    public void StallUp() => Each(proxy => proxy.StallToServer());

    /// <summary>Resets all connections.</summary>
    public void Reset() => Each(proxy => proxy.Cut());

    /// <summary>Ends the direction to the dialling region (FIN); the other stays open.</summary>
    public void HalfClose() => Each(proxy => proxy.HalfClose());

    /// <summary>Resets all connections and refuses new ones.</summary>
    public async Task CutAsync()
    {
        _refuses = true;
        foreach (var proxy in _proxies)
        {
            await proxy.RefuseAsync();
            proxy.Cut();
        }
    }

    /// <summary>Undoes all faults and the distance.</summary>
    public void Heal()
    {
        SetDelay(TimeSpan.Zero, TimeSpan.Zero);
        SetRate(0);
        Each(proxy => proxy.Flow());
        if (_refuses) Each(proxy => proxy.Accept());
        _refuses = false;
    }

    /// <summary>Resets all connections and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var proxy in _proxies) await proxy.DisposeAsync();
    }

    private void Each(Action<FaultProxy> use) => Array.ForEach(_proxies, use);

    private int Sum(Func<FaultProxy, int> of)
    {
        var sum = 0;
        foreach (var proxy in _proxies) sum += of(proxy);
        return sum;
    }

    private long Sum(Func<FaultProxy, long> of)
    {
        var sum = 0L;
        foreach (var proxy in _proxies) sum += of(proxy);
        return sum;
    }
}
