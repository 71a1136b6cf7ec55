using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;

namespace E2EEvents.Hosting;

/// <summary>What the product's processes share: settings beside the binary, the operators' listener, health, metrics, a clean start and stop.</summary>
internal static class Process
{
    /// <summary>A builder with settings from appsettings.json beside the binary, then one in the working directory, then the environment, then the command line.</summary>
    private static WebApplicationBuilder CreateBuilder(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Configuration
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(Directory.GetCurrentDirectory(), "appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .AddCommandLine(args);
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(host =>
        {
            host.ShutdownTimeout = TimeSpan.FromSeconds(15);
            host.ServicesStartConcurrently = true; // health answers while the cluster is still being joined
        });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.AddOperations();
        return builder;
    }

    /// <summary>Adds a listener with its own addresses.</summary>
    /// <param name="builder">Of the process.</param>
    /// <param name="urls">http://address:port or https://address:port, separated by <c>;</c>. A name other than localhost means every address.</param>
    /// <param name="secure">How https is done; null = with the certificate of <c>Kestrel:Certificates:Default</c>.</param>
    public static void AddUrls(this WebApplicationBuilder builder, string urls, Action<IServiceProvider, ListenOptions>? secure = null) => builder.WebHost.ConfigureKestrel(kestrel =>
    {
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var uri = new Uri(url);
            if (uri.Host == "localhost") kestrel.ListenLocalhost(uri.Port, Configure);
            else if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address)) kestrel.Listen(address, uri.Port, Configure);
            else kestrel.ListenAnyIP(uri.Port, Configure);

            void Configure(ListenOptions listen)
            {
                if (uri.Scheme != "https") return;
                if (secure is null) listen.UseHttps();
                else secure(kestrel.ApplicationServices, listen);
            }
        }
    });

    /// <summary>Composes, checks all settings, maps and runs until stopped. A broken configuration is told line by line, all errors at once.</summary>
    /// <param name="args">Of the command line.</param>
    /// <param name="compose">Adds the process's parts.</param>
    /// <param name="map">Maps its endpoints.</param>
    /// <returns>0 after a stop, 1 when it could not start.</returns>
    public static async Task<int> RunAsync(string[] args, Action<WebApplicationBuilder> compose, Action<WebApplication> map)
    {
        try
        {
            var builder = CreateBuilder(args);
            compose(builder);
            await using var app = builder.Build();
            app.Services.GetRequiredService<IStartupValidator>().Validate(); // before anything reads a single one and stops at its errors
            map(app);
            await app.RunAsync().ConfigureAwait(false);
            return 0;
        }
        catch (Exception e) when (ConfigurationErrors(e) is { } errors)
        {
            await Console.Error.WriteLineAsync("The configuration is wrong; nothing was started.").ConfigureAwait(false);
            foreach (var error in errors) await Console.Error.WriteLineAsync($"  - {error}").ConfigureAwait(false);
            return 1;
        }
        catch (IOException e) // an address in use, most likely
        {
            await Console.Error.WriteLineAsync($"Could not start: {e.Message}").ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>Serves health, metrics and <paramref name="map"/> on the operators' listener, and nothing else there.</summary>
    public static void MapOperations(this WebApplication app, Action<IEndpointRouteBuilder>? map = null)
    {
        var ports = Ports(app.Services.GetRequiredService<IOptions<OperationsOptions>>().Value.Urls);
        app.MapWhen(http => ports.Contains(http.Connection.LocalPort), branch =>
        {
            branch.UseHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false });
            branch.UseHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains("ready"), ResponseWriter = WriteHealthAsync });
            branch.UseOpenTelemetryPrometheusScrapingEndpoint("/metrics");
            branch.UseRouting();
            branch.UseEndpoints(endpoints => map?.Invoke(endpoints));
            branch.Run(http =>
            {
                http.Response.StatusCode = StatusCodes.Status404NotFound;
                return Task.CompletedTask;
            });
        });
    }

    private static void AddOperations(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptionsWithValidateOnStart<OperationsOptions, OperationsOptionsValidator>().BindConfiguration("Operations");
        builder.Services.AddOptionsWithValidateOnStart<ClusterOptions, ClusterOptionsValidator>().BindConfiguration("Cluster");
        builder.AddUrls(builder.Configuration.GetSection("Operations").Get<OperationsOptions>()?.Urls ?? new OperationsOptions().Urls);
        builder.Services.AddHealthChecks();
        var telemetry = builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter("E2EEvents.*", "Microsoft.Orleans", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Hosting")
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        if (!string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"])) telemetry.WithMetrics(metrics => metrics.AddOtlpExporter());
    }

    /// <summary>Ports of addresses.</summary>
    public static HashSet<int> Ports(string urls)
    {
        var ports = new HashSet<int>();
        foreach (var url in urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)) ports.Add(new Uri(url).Port);
        return ports;
    }

    private static async Task WriteHealthAsync(HttpContext http, Microsoft.Extensions.Diagnostics.HealthChecks.HealthReport report)
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        foreach (var (name, entry) in report.Entries)
        {
            await http.Response.WriteAsync($"{name}: {entry.Status} {entry.Description}\n", http.RequestAborted).ConfigureAwait(false);
        }
    }

    private static List<string>? ConfigurationErrors(Exception exception)
    {
        var errors = new List<string>();
        Collect(exception);
        return errors.Count > 0 ? errors : null;

        void Collect(Exception e)
        {
            if (e is OptionsValidationException options)
            {
                foreach (var failure in options.Failures)
                {
                    if (!errors.Contains(failure)) errors.Add(failure); // parts of a process may find the same one
                }
            }
            else if (e is AggregateException aggregate)
            {
                foreach (var inner in aggregate.InnerExceptions) Collect(inner);
            }
            else if (e is InvalidOperationException { InnerException: FormatException or ArgumentException } binding) errors.Add(binding.Message);
        }
    }
}
