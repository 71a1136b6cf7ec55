using System.Globalization;

namespace E2EEvents.Torture;

/// <summary>Which database a region keeps its state in.</summary>
internal enum Database
{
    Postgres,
    MariaDb,

    /// <summary>The Redis of the streams.</summary>
    Redis,
}

/// <summary>What the command line asks for.</summary>
internal sealed record TortureOptions
{
    public const string Usage = """
        ./torture --minutes N [--seed S] [--database both|postgres|mariadb|redis] [--clients 16] [--rate 200]
            starts a region (real Redis, PostgreSQL, MariaDB; two silos, two gateways, two connector processes), breaks it at random, and checks every
            client and every final state against a pure replay of the source.
        ./torture --check URL [--topic kind/key]... [--minutes N] [--clients 16]
            follows topics of a running deployment on every transport, reads only, and checks what clients are promised.
        """;

    public double Minutes { get; private init; } = 1;

    public int Seed { get; private init; } = Environment.TickCount;

    public IReadOnlyList<Database> Databases { get; private init; } = [Database.Postgres, Database.MariaDb];

    public int Clients { get; private init; } = 16;

    /// <summary>Events a second at the origin.</summary>
    public int Rate { get; private init; } = 200;

    public Uri? CheckUri { get; private init; }

    public IReadOnlyList<string> Topics { get; private init; } = [];

    /// <returns>Null and the reason if the arguments are wrong.</returns>
    public static TortureOptions? Read(string[] args, out string error)
    {
        var options = new TortureOptions();
        error = "";
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || options.With(args[i], args[i + 1]) is not { } next)
            {
                error = $"'{string.Join(' ', args[i..Math.Min(i + 2, args.Length)])}' is not understood.";
                return null;
            }

            options = next;
        }

        return options;
    }

    private TortureOptions? With(string name, string value) => name switch
    {
        "--minutes" when double.TryParse(value, CultureInfo.InvariantCulture, out var minutes) && minutes is > 0 and <= 10_000 => this with { Minutes = minutes },
        "--seed" when int.TryParse(value, CultureInfo.InvariantCulture, out var seed) => this with { Seed = seed },
        "--clients" when int.TryParse(value, CultureInfo.InvariantCulture, out var clients) && clients is > 0 and <= 10_000 => this with { Clients = clients },
        "--rate" when int.TryParse(value, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= 100_000 => this with { Rate = rate },
        "--database" when value == "both" => this with { Databases = [Database.Postgres, Database.MariaDb] },
        "--database" when value == "postgres" => this with { Databases = [Database.Postgres] },
        "--database" when value == "mariadb" => this with { Databases = [Database.MariaDb] },
        "--database" when value == "redis" => this with { Databases = [Database.Redis] },
        "--check" when Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" => this with { CheckUri = uri.AbsoluteUri.EndsWith('/') ? uri : new Uri(uri.AbsoluteUri + "/") },
        "--topic" when TopicKey.TryParse(value, out _, out _) => this with { Topics = [.. Topics, value] },
        _ => null,
    };
}
