extern alias connectors; // it compiles the shared Hosting files too
using connectors::E2EEvents.Connectors;
using E2EEvents.EdgeGateway;
using E2EEvents.EdgeGateway.Operations;
using E2EEvents.Hosting;
using E2EEvents.Silo;

var hasGateway = false;
return await Process.RunAsync(
    args,
    builder =>
    {
        var options = builder.Configuration.GetSection("Silo").Get<SiloOptions>() ?? new SiloOptions();
        hasGateway = options.Has(Role.Gateway);
        builder.AddSilo(options);
        if (hasGateway) builder.AddEdgeGateway();
        if (options.Has(Role.Connectors)) builder.AddConnectors();
    },
    app =>
    {
        app.MapOperations(operators =>
        {
            if (hasGateway) operators.MapOperators();
        });
        if (hasGateway) app.MapEdgeGateway();
    });
