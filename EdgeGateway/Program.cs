using E2EEvents.EdgeGateway;
using E2EEvents.EdgeGateway.Operations;
using E2EEvents.Hosting;

var builder = Process.CreateBuilder(args);
builder.AddClusterClient();
builder.AddEdgeGateway();
return await Process.RunAsync(builder, app =>
{
    app.MapOperations(operators => operators.MapOperators());
    app.MapEdgeGateway();
});
