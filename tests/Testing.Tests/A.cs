using System.Globalization;
using E2EEvents.Testing.Clients;

namespace E2EEvents.Testing.Tests;

/// <summary>Builders.</summary>
internal static class A
{
    public const string Epoch = "00000000000000aa";
    public const string OtherEpoch = "00000000000000bb";

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static string EnvelopeText(long offset, string? patch = null, string? gap = null, string epoch = Epoch, string? state = null, string topic = "match/x") =>
        $$"""{"topic":"{{topic}}","epoch":"{{epoch}}","offset":{{offset.ToString(CultureInfo.InvariantCulture)}},"time":{"home":1},"""
        + (gap is null ? "" : $"\"gap\":\"{gap}\",")
        + (patch is null ? $"\"state\":{state ?? "{\"n\":" + offset.ToString(CultureInfo.InvariantCulture) + "}"}" : $"\"patch\":{patch}")
        + "}";

    public static ReceivedEnvelope Envelope(long offset, string? patch = null, string? gap = null, string epoch = Epoch, string? state = null) =>
        ReceivedEnvelope.Parse(EnvelopeText(offset, patch, gap, epoch, state));
}
