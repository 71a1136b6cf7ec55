namespace E2EEvents.Connectors.Mapping;

/// <summary>
/// One mapping rule. Expressions are JMESPath over the record's JSON; with <see cref="ForEach"/> over
/// <c>{"item": element, "record": the record, "index": its number from 0}</c>.
/// </summary>
public sealed class MappingRule
{
    /// <summary>The rule is for records for which this is true (JMESPath: not false, null or empty). Default: none, the rule is for all.</summary>
    public string? When { get; set; }

    /// <summary>True: records of this rule are of no interest and give no event. Default: false.</summary>
    public bool Ignore { get; set; }

    /// <summary>An array; the rule gives one event per element. Default: none, one event per record.</summary>
    public string? ForEach { get; set; }

    /// <summary>The topic, with expressions in braces: <c>match/{matchId}</c>. Must be given unless <see cref="Ignore"/> is true.</summary>
    public string? Topic { get; set; }

    /// <summary>The event: an object, or text that holds one. Default: the whole record; with <see cref="ForEach"/> the element.</summary>
    public string? Event { get; set; }

    /// <summary>When it happened: ISO 8601 text or a number since 1970. Null or absent in a record: the time the origin gives. Default: none.</summary>
    public string? Time { get; set; }

    /// <summary>What numbers in <see cref="Time"/> count. Auto tells the unit by the size, right for 1973 to 5138. Default: Auto.</summary>
    public TimeUnit TimeUnit { get; set; } = TimeUnit.Auto;
}

/// <summary>Unit of a number that stands for a time since 1970-01-01 UTC.</summary>
public enum TimeUnit
{
    /// <summary>Below 10^11 seconds, below 10^14 milliseconds, below 10^17 microseconds, beyond nanoseconds.</summary>
    Auto,

    /// <summary>Seconds, with a fraction if there is one.</summary>
    Seconds,

    /// <summary>Milliseconds.</summary>
    Milliseconds,

    /// <summary>Microseconds.</summary>
    Microseconds,

    /// <summary>Nanoseconds.</summary>
    Nanoseconds,
}
