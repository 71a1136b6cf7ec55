using System.Globalization;
using System.Text.Json;
using E2EEvents.Load.Servers;

namespace E2EEvents.Load.Clients;

/// <summary>
/// Role <c>clients</c>: a share of the connections. Its first order is a <see cref="CrowdSetup"/>; then <c>open count perSecond neverRead seconds</c>,
/// <c>measure</c>, <c>end</c>, <c>figures</c>, <c>quiet seconds</c>, <c>newest</c>, <c>behind positions</c>, <c>close</c>.
/// </summary>
internal sealed class ServeCrowd : IAsyncDisposable
{
    private readonly Clock _clock = new(TimeProvider.System);
    private Crowd? _crowd;
    private long _since;
    private double _seconds;

    public static async Task<int> RunAsync()
    {
        await using var role = new ServeCrowd();
        await RoleHost.ServeAsync("ready", role.CarryOutAsync);
        return 0;
    }

    public ValueTask DisposeAsync() => _crowd?.DisposeAsync() ?? default;

    private async Task<object> CarryOutAsync(string order)
    {
        if (_crowd is null)
        {
            _crowd = JsonSerializer.Deserialize<CrowdSetup>(order, JsonSerializerOptions.Web)!.Create(_clock);
            return "set up";
        }

        var words = order.Split(' ');
        switch (words[0])
        {
            case "open":
                return await _crowd.OpenAsync(
                    int.Parse(words[1], CultureInfo.InvariantCulture), Number(words[2]), bool.Parse(words[3]), TimeSpan.FromSeconds(Number(words[4])), CancellationToken.None);
            case "measure" or "end":
                await MeasureAsync(words[0] == "measure");
                return words[0];
            case "figures":
                return (await _crowd.FiguresAsync()).ToWire(_seconds);
            case "quiet":
                await _crowd.QuietAsync(TimeSpan.FromSeconds(Number(words[1])), CancellationToken.None);
                return "quiet";
            case "newest":
                return CrowdSetup.Numbers(await _crowd.NewestAsync());
            case "behind":
                return await _crowd.CountBehindAsync(CrowdSetup.Positions(JsonSerializer.Deserialize<long[][]>(words[1])!));
            case "close":
                await _crowd.CloseAllAsync();
                return "closed";
            default:
                return $"'{words[0]}' is no order of this role";
        }
    }

    private async Task MeasureAsync(bool on)
    {
        if (!on) _seconds = _clock.MicrosecondsSince(_since) / 1e6;
        await _crowd!.MeasureAsync(on);
        if (on) _since = _clock.Timestamp;
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
