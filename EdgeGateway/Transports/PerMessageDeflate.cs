using Microsoft.Extensions.Primitives;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>
/// Negotiation of permessage-deflate (RFC 7692). Clients send nothing worth compressing, so they go without context takeover. The window is 32 KiB; an
/// offer that asks for a smaller one is declined.
/// </summary>
internal static class PerMessageDeflate
{
    private const string Name = "permessage-deflate";
    private const string NoTakeover = "server_no_context_takeover";
    private const string Accepted = Name + "; client_no_context_takeover";
    private const string WholeWindow = "15";

    /// <summary>The answer to the first offer that can be taken; null if there is none.</summary>
    /// <param name="offers">Of the client.</param>
    /// <param name="continues">Whether messages are to build on those before; false afterwards if the client will not have it.</param>
    public static string? Answer(StringValues offers, ref bool continues)
    {
        foreach (var header in offers)
        {
            foreach (var offer in Split(header ?? "", ','))
            {
                if (AnswerTo(offer, ref continues) is { } answer) return answer;
            }
        }

        return null;
    }

    private static string? AnswerTo(string offer, ref bool continues)
    {
        var parts = Split(offer, ';');
        if (!parts[0].Equals(Name, StringComparison.OrdinalIgnoreCase)) return null;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var answer = Accepted;
        for (var i = 1; i < parts.Count; i++)
        {
            var equals = parts[i].IndexOf('=');
            var name = (equals < 0 ? parts[i] : parts[i][..equals]).Trim();
            var value = equals < 0 ? null : parts[i][(equals + 1)..].Trim().Trim('"');
            if (!seen.Add(name) || !IsTaken(name, value)) return null;
            if (value is not null && name.Equals("server_max_window_bits", StringComparison.OrdinalIgnoreCase)) answer = Accepted + "; server_max_window_bits=" + WholeWindow;
        }

        if (seen.Contains(NoTakeover)) continues = false;
        return continues ? answer : answer + "; " + NoTakeover;
    }

    /// <summary>Offers with anything unknown or malformed are declined as a whole (RFC 7692 §7.1).</summary>
    private static bool IsTaken(string name, string? value) => name.ToLowerInvariant() switch
    {
        "server_no_context_takeover" or "client_no_context_takeover" => value is null,
        "server_max_window_bits" => value == WholeWindow,
        "client_max_window_bits" => value is null or "8" or "9" or "10" or "11" or "12" or "13" or "14" or WholeWindow, // clients send nothing to be compressed
        _ => false,
    };

    /// <summary>Parts between separators outside quotes, trimmed; at least one.</summary>
    private static List<string> Split(string text, char separator)
    {
        var parts = new List<string>();
        var isQuoted = false;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"') isQuoted = !isQuoted;
            if (text[i] == '\\' && isQuoted) i++;
            else if (text[i] == separator && !isQuoted)
            {
                parts.Add(text[start..i].Trim());
                start = i + 1;
            }
        }

        parts.Add(text[start..].Trim());
        return parts;
    }
}
