extern alias connectors; // it compiles the shared Hosting files too
using connectors::E2EEvents.Connectors;
using E2EEvents.EdgeGateway;
using E2EEvents.EdgeGateway.Operations;
using E2EEvents.Hosting;
using E2EEvents.Silo;

var builder = Process.CreateBuilder(args);
var options = builder.Configuration.GetSection("Silo").Get<SiloOptions>() ?? new SiloOptions();
builder.AddSilo(options);
if (options.Has(Role.Gateway)) builder.AddEdgeGateway();
if (options.Has(Role.Connectors)) builder.AddConnectors();
return await Process.RunAsync(builder, app =>
{
    app.MapOperations(operators =>
    {
        if (options.Has(Role.Gateway)) operators.MapOperators();
    });
    if (options.Has(Role.Gateway)) app.MapEdgeGateway();
});
