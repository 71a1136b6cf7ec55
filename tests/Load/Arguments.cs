using System.Globalization;

namespace E2EEvents.Load;

/// <summary>Takes <c>--name value</c> arguments apart and collects everything that is wrong with them.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, string> _given = [];
    private readonly List<string> _errors = [];

    public Arguments(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count; i += 2)
        {
            if (!arguments[i].StartsWith("--", StringComparison.Ordinal) || i + 1 == arguments.Count)
            {
                _errors.Add($"'{arguments[i]}': write --name value.");
                return;
            }

            _given[arguments[i][2..]] = arguments[i + 1];
        }
    }

    /// <summary>All errors; to be asked after everything was read.</summary>
    public IReadOnlyList<string> Errors
    {
        get
        {
            foreach (var name in _given.Keys) _errors.Add($"--{name} is not an option; see the README.");
            _given.Clear();
            return _errors;
        }
    }

    public string Text(string name, string fallback) => _given.Remove(name, out var text) ? text : fallback;

    public string OneOf(string name, string fallback, params string[] allowed)
    {
        var text = Text(name, fallback);
        foreach (var value in text.Split(','))
        {
            if (Array.IndexOf(allowed, value) < 0) _errors.Add($"--{name} is '{text}'; it must be of {string.Join(", ", allowed)}.");
        }

        return text;
    }

    public int Whole(string name, int fallback, int min, int max) => (int)Number(name, fallback, min, max);

    public double Number(string name, double fallback, double min, double max)
    {
        if (!_given.Remove(name, out var text)) return fallback;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max) return value;
        _errors.Add(string.Create(CultureInfo.InvariantCulture, $"--{name} is '{text}'; it must be a number from {min} to {max}."));
        return fallback;
    }

    public TimeSpan Seconds(string name, double fallback, double min, double max) => TimeSpan.FromSeconds(Number(name, fallback, min, max));
}
