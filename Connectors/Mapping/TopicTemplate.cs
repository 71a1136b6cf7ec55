using System.Text;
using Newtonsoft.Json.Linq;

namespace E2EEvents.Connectors.Mapping;

/// <summary>A topic with JMESPath expressions in braces, e.g. <c>match/{matchId}</c>.</summary>
internal sealed class TopicTemplate
{
    private readonly List<object> _parts; // text, or JsonExpression

    private TopicTemplate(List<object> parts) => _parts = parts;

    /// <summary>Kind of the topics, if the template begins with it as plain text.</summary>
    public string? Kind => _parts is [string first, ..] && first.IndexOf('/') is > 0 and var slash ? first[..slash] : null;

    /// <summary>Compiles a template. A brace inside an expression (a multi-select hash, a quoted text) does not end it.</summary>
    /// <returns>Null with an <paramref name="error"/> for people.</returns>
    public static TopicTemplate? Compile(string text, out string? error)
    {
        var parts = new List<object>();
        var at = 0;
        while (at < text.Length)
        {
            var open = text.IndexOf('{', at);
            if (open != at) parts.Add(open < 0 ? text[at..] : text[at..open]);
            if (open < 0) break;
            var close = EndOf(text, open);
            if (close < 0)
            {
                error = $"'{text}' has a '{{' at character {open + 1} that is never closed.";
                return null;
            }

            if (JsonExpression.Compile(text[(open + 1)..close], out error) is not { } expression) return null;
            parts.Add(expression);
            at = close + 1;
        }

        var template = new TopicTemplate(parts);
        error = template.Wrong(text);
        return error is null ? template : null;
    }

    /// <summary>The topic of a record.</summary>
    /// <returns>False with what is wrong with the record, for people.</returns>
    public bool TryRender(JToken record, out TopicKey topic, out string? error)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part is not JsonExpression expression)
            {
                text.Append((string)part);
                continue;
            }

            var value = expression.Evaluate(record);
            if (JsonText.Scalar(value) is not { Length: > 0 } scalar)
            {
                (topic, error) = (default, $"Topic: {{{expression.Text}}} gives {(value.Type == JTokenType.String ? "empty text" : JsonText.Describe(value))}.");
                return false;
            }

            text.Append(scalar);
        }

        var rendered = text.ToString();
        if (TopicKey.TryParse(rendered, out topic, out var reason))
        {
            error = null;
            return true;
        }

        error = $"Topic '{(rendered.Length <= 200 ? rendered : rendered[..200] + "…")}': {reason}";
        return false;
    }

    // What no record can put right.
    private string? Wrong(string text)
    {
        var constant = string.Concat(_parts.ConvertAll(part => part as string ?? "x"));
        if (Kind is { } kind && !TopicKey.IsKind(kind)) return $"'{kind}' in '{text}' is no kind: a lower-case letter, then lower-case letters, digits and '-'.";
        return _parts is [not JsonExpression, ..] && !TopicKey.TryParse(constant, out _, out var reason) ? $"'{text}': {reason}" : null;
    }

    private static int EndOf(string text, int open)
    {
        var depth = 0;
        var quote = '\0';
        for (var i = open; i < text.Length; i++)
        {
            var c = text[i];
            if (quote != '\0')
            {
                if (c == '\\') i++;
                else if (c == quote) quote = '\0';
                continue;
            }

            if (c is '\'' or '"' or '`') quote = c;
            else if (c == '{') depth++;
            else if (c == '}' && --depth == 0) return i;
        }

        return -1;
    }
}
