using DevLab.JmesPath;
using DevLab.JmesPath.Expressions;
using Newtonsoft.Json.Linq;

namespace E2EEvents.Connectors.Mapping;

/// <summary>A compiled JMESPath expression. Compiling takes some 20 µs, evaluating 0.1 to 2 µs: it is compiled once, at start.</summary>
internal sealed class JsonExpression
{
    private static readonly JmesPath Compiler = new();

    private readonly JmesPathExpression _compiled;

    private JsonExpression(string text, JmesPathExpression compiled) => (Text, _compiled) = (text, compiled);

    /// <summary>As written.</summary>
    public string Text { get; }

    /// <summary>Compiles an expression; unknown functions and wrong numbers of arguments are found here.</summary>
    /// <returns>Null with an <paramref name="error"/> for people.</returns>
    public static JsonExpression? Compile(string text, out string? error)
    {
        try
        {
            error = null;
            return new JsonExpression(text, Compiler.Parse(text));
        }
        catch (Exception failure)
        {
            // The library throws bare exceptions for whatever is wrong with the text.
            error = $"'{text}' is not JMESPath: {failure.Message}";
            return null;
        }
    }

    /// <summary>The value for a record; JSON null where there is none.</summary>
    /// <exception cref="Exception">A function cannot work on what it got, for example length of a number.</exception>
    public JToken Evaluate(JToken record) => _compiled.Transform(record).AsJToken() ?? JValue.CreateNull();

    /// <summary>JMESPath's idea of true: everything but false, null, and empty text, lists and objects.</summary>
    public static bool IsTrue(JToken value) => value.Type switch
    {
        JTokenType.Null or JTokenType.Undefined or JTokenType.None => false,
        JTokenType.Boolean => (bool)value,
        JTokenType.String => ((string)value!).Length > 0,
        JTokenType.Array or JTokenType.Object => value.HasValues,
        _ => true,
    };
}
