using System.Globalization;
using E2EEvents.Testing.Faults;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace E2EEvents.Load.Servers;

/// <summary>
/// The network between regions on one machine: a proxy for each link, with the distance, and a switch to cut a region off. <c>POST /cut/{region}</c> and
/// <c>POST /heal/{region}</c> on the control port; <c>GET /</c> tells how it stands. A cut is silent, as in a network: nothing is refused, nothing arrives.
/// </summary>
internal sealed class LinkProxy(string from, string to, FaultProxy proxy)
{
    private static readonly Lock Lock = new();
    private static readonly HashSet<string> CutOff = [];

    public static async Task<int> RunAsync(string[] arguments)
    {
        var given = new Arguments(arguments);
        var control = given.Whole("control", 0, 1, 65535);
        var links = new List<(string From, string To, int Listen, int Target, int DelayMs)>();
        var errors = Read(given.Text("links", ""), links);
        errors.AddRange(given.Errors);
        if (control == 0) errors.Add("--control is missing; give the port to be told cut and heal on.");
        foreach (var error in errors) await Console.Error.WriteLineAsync(error);
        if (errors.Count > 0) return 2;

        var proxies = links.ConvertAll(link => new LinkProxy(link.From, link.To, new FaultProxy(link.Target, link.Listen) { Delay = TimeSpan.FromMilliseconds(link.DelayMs) }));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenLocalhost(control));
        await using var app = builder.Build();
        app.Run(http => ServeAsync(http, proxies));
        await app.RunAsync();
        foreach (var link in proxies) await link.Proxy.DisposeAsync();
        return 0;
    }

    private FaultProxy Proxy => proxy;

    /// <summary><c>from:to:listen:target:milliseconds</c>, separated by commas.</summary>
    private static List<string> Read(string text, List<(string From, string To, int Listen, int Target, int DelayMs)> links)
    {
        var errors = new List<string>();
        foreach (var item in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (item.Split(':') is [var from, var to, var listen, var target, var delay] && IsNumber(listen, out var listens) && IsNumber(target, out var leads) && IsNumber(delay, out var ms))
            {
                links.Add((from, to, listens, leads, ms));
            }
            else
            {
                errors.Add($"--links holds '{item}'; write from:to:listen port:target port:milliseconds one way.");
            }
        }

        if (links.Count == 0 && errors.Count == 0) errors.Add("--links is missing; write from:to:listen port:target port:milliseconds one way, separated by commas.");
        return errors;
    }

    private static bool IsNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 65535;

    private static async Task ServeAsync(HttpContext http, List<LinkProxy> proxies)
    {
        var parts = (http.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (HttpMethods.IsPost(http.Request.Method) && parts is ["cut" or "heal", var region])
        {
            if (!proxies.Exists(link => link.Touches(region)))
            {
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                await http.Response.WriteAsync($"No link begins or ends at '{region}'.\n");
                return;
            }

            lock (Lock)
            {
                if (parts[0] == "cut") CutOff.Add(region);
                else CutOff.Remove(region);
                foreach (var link in proxies) link.Apply();
            }
        }
        else if (parts.Length > 0)
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        foreach (var link in proxies) await http.Response.WriteAsync(link.Line());
    }

    private bool Touches(string region) => region == from || region == to;

    /// <summary>A link between two regions that are both cut off stays cut when one of them is healed.</summary>
    private void Apply()
    {
        if (CutOff.Contains(from) || CutOff.Contains(to)) proxy.Stall();
        else proxy.Flow();
    }

    private string Line()
    {
        bool isCut;
        lock (Lock) isCut = CutOff.Contains(from) || CutOff.Contains(to);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{from} -> {to} {(isCut ? "cut" : "open")} {proxy.Delay.TotalMilliseconds:0} ms {proxy.Connections} connections {proxy.BytesToServer + proxy.BytesToClient} bytes\n");
    }
}
