using System.Globalization;
using System.Text;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;

namespace E2EEvents.Connectors.Mapping;

/// <summary>Between bytes and the tokens that JMESPath works on. What looks like a date stays text.</summary>
internal static class JsonText
{
    // Depth as System.Text.Json has it, which checked the record before.
    private const int MaxDepth = 64;

    /// <summary>Reads one JSON value.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JToken Read(ReadOnlySpan<byte> json) => Read(Encoding.UTF8.GetString(json));

    /// <summary>Reads one JSON value.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static JToken Read(string json)
    {
        using var reader = new JsonTextReader(new StringReader(json)) { DateParseHandling = DateParseHandling.None, MaxDepth = MaxDepth };
        var token = JToken.Load(reader);
        return reader.Read() ? throw new JsonReaderException("There is something behind the JSON value.") : token;
    }

    /// <summary>Writes compact JSON.</summary>
    public static byte[] Write(JToken token) => Encoding.UTF8.GetBytes(token.ToString(Formatting.None));

    /// <summary>Text of a scalar, culture-free; null if the token is none.</summary>
    public static string? Scalar(JToken token) => token.Type switch
    {
        JTokenType.String => (string)token!,
        JTokenType.Boolean => (bool)token ? "true" : "false",
        JTokenType.Integer or JTokenType.Float => ((JValue)token).ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>What a token is, for people.</summary>
    public static string Describe(JToken token) => token.Type switch
    {
        JTokenType.Null => "nothing",
        JTokenType.Object => "an object",
        JTokenType.Array => "a list",
        JTokenType.String => "text",
        JTokenType.Boolean => "true or false",
        _ => "a number",
    };
}
