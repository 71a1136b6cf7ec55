using Microsoft.Extensions.Options;

namespace E2EEvents.Connectors;

/// <summary>
/// A type of connector, as <c>Connectors:&lt;name&gt;:Type</c> names it. To add one: a folder with the connector, its options (deriving from
/// <see cref="ConnectorOptions"/>, checked by an [OptionsValidator]) and a class that derives from <see cref="ConnectorType{TOptions}"/>; then
/// <c>services.AddConnectorType&lt;…&gt;()</c>.
/// </summary>
public interface IConnectorType
{
    /// <summary>Value of <c>Type</c>, compared without case.</summary>
    string Type { get; }

    /// <summary>Class of the options; a key in the section that it does not have is an error at start.</summary>
    Type OptionsType { get; }

    /// <summary>Checks bound options.</summary>
    ValidateOptionsResult Validate(string name, ConnectorOptions options);

    /// <summary>Makes a connector. Must not touch the origin: that is done by <see cref="IConnector.ReadAsync"/>, whose failures are retried.</summary>
    IConnector Create(string name, ConnectorOptions options, IServiceProvider services);
}

/// <summary>A type of connector with options of <typeparamref name="TOptions"/>.</summary>
public abstract class ConnectorType<TOptions>(string type, IValidateOptions<TOptions> validator) : IConnectorType
    where TOptions : ConnectorOptions, new()
{
    /// <inheritdoc/>
    public string Type { get; } = type;

    /// <inheritdoc/>
    public Type OptionsType => typeof(TOptions);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string name, ConnectorOptions options) => validator.Validate(name, (TOptions)options);

    /// <inheritdoc/>
    public IConnector Create(string name, ConnectorOptions options, IServiceProvider services) => Create(name, (TOptions)options, services);

    /// <summary>Makes a connector from checked options.</summary>
    protected abstract IConnector Create(string name, TOptions options, IServiceProvider services);
}
