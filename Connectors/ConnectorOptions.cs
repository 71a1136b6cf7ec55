namespace E2EEvents.Connectors;

/// <summary>What every connector has. Section <c>Connectors:&lt;name&gt;</c>; the options of a connector type derive from it and share its section.</summary>
public abstract class ConnectorOptions
{
    /// <summary>Connector type: Redis or Sample. Default: none, must be given.</summary>
    public string Type { get; set; } = "";
}
