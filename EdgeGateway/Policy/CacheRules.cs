using Microsoft.AspNetCore.Http;

namespace E2EEvents.EdgeGateway.Policy;

/// <summary>What CDNs and browsers may keep, and for how long.</summary>
internal static class CacheRules
{
    /// <summary>States: a CDN asks once a second however many ask it, and serves the last one while it does, or while we are down.</summary>
    public const string State = "public, max-age=0, s-maxage=1, stale-while-revalidate=10, stale-if-error=60";

    /// <summary>History ranges: never change.</summary>
    public const string Immutable = "public, max-age=31536000, immutable";

    /// <summary>Lists that change rarely.</summary>
    public const string List = "public, max-age=0, s-maxage=5, stale-while-revalidate=30, stale-if-error=60";

    /// <summary>How things stand now: shared for a second, never shown when it can no longer be asked for.</summary>
    public const string Status = "public, max-age=0, s-maxage=1";

    public const string FreshAtHeader = "E2E-Fresh-At";

    /// <summary>Header that tells how old that is, in milliseconds, measured on home's clock, so that nobody has to compare clocks; a cache adds its <c>Age</c>.</summary>
    public const string AgeHeader = "E2E-Age";

    /// <summary>Streams: no cache keeps them, no proxy collects or compresses them.</summary>
    public static void ForStream(HttpResponse response)
    {
        response.Headers.CacheControl = "no-store, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
    }
}
