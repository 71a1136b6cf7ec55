using System.Globalization;
using System.Net;
using System.Text.Json;

namespace E2EEvents.EdgeGateway.Operations;

/// <summary>
/// <c>dead-letters list|show|replay|discard …</c>: what <see cref="DeadLetterEndpoints"/> offer, for a shell. Exit codes: 0 = done, 1 = not all of it was done
/// (refused, not kept, not replayable), 2 = wrong usage, 3 = no gateway answers.
/// </summary>
internal static class DeadLetterCommand
{
    private const string Usage = """
        dead-letters list [kind] [filters]        kinds, or the letters of one, newest first
        dead-letters show <kind> <number>         one letter whole, as JSON
        dead-letters replay <kind> <number>       publishes it again; so after a fix
        dead-letters replay <kind> --all          all, oldest first; or those of the filters instead of --all
        dead-letters discard <kind> <number>      removes it; or those of the filters instead of a number

        filters: --topic <kind/key>  --reason <text in it>  --after <number>  --before <number>  --max <1 to 1000, default 100>
        and:     --operators <url of a gateway's operators' listener, default http://127.0.0.1:9080>  --json
        """;

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(2);
    private static readonly HashSet<string> Filters = ["topic", "reason", "after", "before", "max"];

    /// <summary>Runs it.</summary>
    /// <param name="args">After <c>dead-letters</c>.</param>
    /// <param name="output">Gets tables and JSON.</param>
    /// <param name="errors">Gets what is wrong.</param>
    /// <returns>Exit code.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        if (Parse(args) is not { } command)
        {
            await errors.WriteLineAsync(Usage).ConfigureAwait(false);
            return 2;
        }

        using var http = new HttpClient { BaseAddress = command.Operators, Timeout = Deadline };
        try
        {
            using var request = new HttpRequestMessage(command.Method, command.Address);
            using var response = await http.SendAsync(request).ConfigureAwait(false);
            var body = await response.Content.ReadAsStringAsync().ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.NotFound && ProblemOf(body) is null)
            {
                await errors.WriteLineAsync($"{command.Operators} is not a gateway's operators' listener (it answers 404); name one with --operators.").ConfigureAwait(false);
                return 3;
            }

            if (!response.IsSuccessStatusCode)
            {
                await errors.WriteLineAsync(command.Json ? body : ProblemOf(body) ?? $"{(int)response.StatusCode} {response.ReasonPhrase}").ConfigureAwait(false);
                return 1;
            }

            return await ShowAsync(command, body, output).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or JsonException)
        {
            await errors.WriteLineAsync($"{command.Operators} does not answer as a gateway's operators' listener: {failure.Message}").ConfigureAwait(false);
            return 3;
        }
    }

    /// <summary>What to ask; null = wrong usage.</summary>
    private static Command? Parse(string[] args)
    {
        var (words, options) = (new List<string>(), new Dictionary<string, string>());
        for (var i = 0; i < args.Length; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal)) words.Add(args[i]);
            else if (args[i] is "--json" or "--all") options[args[i][2..]] = "";
            else if (i + 1 < args.Length && (Filters.Contains(args[i][2..]) || args[i] == "--operators")) options[args[i][2..]] = args[++i];
            else return null;
        }

        if (!Uri.TryCreate(options.GetValueOrDefault("operators", "http://127.0.0.1:9080"), UriKind.Absolute, out var operators)) return null;
        var query = string.Join('&', Chosen(options));
        var (one, many) = (words is [_, _, var number] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _), words.Count == 2);
        var isNarrow = query.Length > 0 || options.ContainsKey("all");
        var path = string.Join('/', words[Math.Min(1, words.Count)..].ConvertAll(Uri.EscapeDataString));
        return words switch
        {
            ["list"] => Of(HttpMethod.Get, ""),
            ["list", _] => Of(HttpMethod.Get, "/" + path),
            ["show", ..] when one => Of(HttpMethod.Get, "/" + path),
            ["replay", ..] when one || (many && isNarrow) => Of(HttpMethod.Post, $"/{path}/replay"),
            ["discard", ..] when one || (many && query.Length > 0) => Of(HttpMethod.Delete, "/" + path),
            _ => null,
        };

        Command Of(HttpMethod method, string path) => new(words[0], method, operators, "dead-letters" + path + (one || query.Length == 0 ? "" : "?" + query), options.ContainsKey("json"), one);
    }

    private static IEnumerable<string> Chosen(Dictionary<string, string> options)
    {
        foreach (var (name, value) in options)
        {
            if (Filters.Contains(name)) yield return $"{name}={Uri.EscapeDataString(value)}";
        }
    }

    private static async Task<int> ShowAsync(Command command, string body, TextWriter output)
    {
        using var json = body.Length == 0 ? null : JsonDocument.Parse(body);
        var lines = json is null ? ["discarded"]
            : command.Json || command.Name == "show" ? [body]
            : command.Name switch
            {
                "list" when json.RootElement.ValueKind == JsonValueKind.Array => Table(json.RootElement, "kind", "waiting", "total", "dropped", "newest"),
                "list" => [.. Table(json.RootElement.GetProperty("letters"), "number", "at", "topic", "source", "sequence", "reason"), More(json.RootElement, "before", "older")],
                "replay" when command.IsOne => Table(json.RootElement, "number", "topic", "outcome", "position"),
                "replay" => [.. Table(json.RootElement.GetProperty("letters"), "number", "topic", "outcome", "position", "reason"), More(json.RootElement, "after", "newer")],
                _ => [$"discarded {json.RootElement.GetProperty("discarded").GetRawText()}{(json.RootElement.GetProperty("more").GetBoolean() ? "; there are more" : "")}"],
            };
        foreach (var line in lines)
        {
            if (line.Length > 0) await output.WriteLineAsync(line).ConfigureAwait(false);
        }

        return command.Name == "replay" && !command.IsOne && json is not null && AnyLeft(json.RootElement) ? 1 : 0;
    }

    private static bool AnyLeft(JsonElement replayed)
    {
        foreach (var letter in replayed.GetProperty("letters").EnumerateArray())
        {
            if (letter.GetProperty("outcome").GetString() is not ("accepted" or "duplicate")) return true;
        }

        return false;
    }

    private static string More(JsonElement list, string option, string which) =>
        list.TryGetProperty(option, out var number) && number.ValueKind == JsonValueKind.Number ? $"there are {which} ones: --{option} {number.GetRawText()}" : "";

    private static List<string> Table(JsonElement rows, params string[] columns)
    {
        var cells = new List<string[]> { columns };
        if (rows.ValueKind != JsonValueKind.Array) cells.Add(Row(rows, columns));
        else foreach (var row in rows.EnumerateArray()) cells.Add(Row(row, columns));
        var lines = new List<string>(cells.Count);
        foreach (var row in cells)
        {
            var line = new System.Text.StringBuilder();
            for (var i = 0; i < columns.Length; i++)
            {
                var width = 0;
                foreach (var other in cells) width = Math.Max(width, other[i].Length);
                line.Append(row[i].PadRight(width + 2));
            }

            lines.Add(line.ToString().TrimEnd());
        }

        return lines;
    }

    private static string[] Row(JsonElement row, string[] columns) => Array.ConvertAll(
        columns, column => !row.TryGetProperty(column, out var value) || value.ValueKind == JsonValueKind.Null ? "" : value.ValueKind == JsonValueKind.String ? OneLine(value.GetString()!) : value.GetRawText());

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private static string? ProblemOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.TryGetProperty("detail", out var detail) ? $"{json.RootElement.GetProperty("title").GetString()}: {detail.GetString()}" : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Command(string Name, HttpMethod Method, Uri Operators, string Address, bool Json, bool IsOne);
}
