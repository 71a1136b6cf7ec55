using E2EEvents.EdgeGateway;
using E2EEvents.EdgeGateway.Operations;
using E2EEvents.Hosting;

var builder = Process.CreateBuilder(args);
builder.AddClusterClient();
builder.AddEdgeGateway();

var app = builder.Build();
app.MapOperations(operators => operators.MapOperators());
app.MapEdgeGateway();
return await Process.RunAsync(app);
