using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace E2EEvents.EdgeGateway.Transports.Http;

/// <summary>The live page, embedded in the binary so that both kinds of process serve the same one.</summary>
internal static class PageEndpoints
{
    private const string Root = "wwwroot/";

    // The page runs its own scripts only and may talk to any gateway the viewer chooses; nothing of a payload can become markup.
    private const string ContentSecurity =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss: http: https:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void MapPage(this IEndpointRouteBuilder endpoints)
    {
        var assembly = typeof(PageEndpoints).Assembly;
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (!name.StartsWith(Root, StringComparison.Ordinal) || name.EndsWith(".md", StringComparison.Ordinal)) continue;
            using var stream = assembly.GetManifestResourceStream(name)!;
            var content = new byte[stream.Length];
            stream.ReadExactly(content);
            var path = name[Root.Length..].Replace('\\', '/');
            var file = new PageFile(content, TypeOf(path), $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
            endpoints.MapMethods("/" + (path == "index.html" ? "" : path), ["GET", "HEAD"], file.WriteAsync);
        }
    }

    private static string TypeOf(string path) => Path.GetExtension(path) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".ico" => "image/x-icon",
        ".webmanifest" => "application/manifest+json",
        ".json" => "application/json",
        _ => "text/plain; charset=utf-8",
    };

    private sealed record PageFile(byte[] Content, string Type, string ETag)
    {
        public Task WriteAsync(HttpContext http)
        {
            var headers = http.Response.Headers;
            headers.ETag = ETag;
            headers.CacheControl = "public, max-age=0, s-maxage=60";
            headers.ContentSecurityPolicy = ContentSecurity;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            if (http.Request.Headers.IfNoneMatch == ETag)
            {
                http.Response.StatusCode = StatusCodes.Status304NotModified;
                return Task.CompletedTask;
            }

            http.Response.ContentType = Type;
            http.Response.ContentLength = Content.Length;
            return HttpMethods.IsHead(http.Request.Method) ? Task.CompletedTask : http.Response.Body.WriteAsync(Content, http.RequestAborted).AsTask();
        }
    }
}
