using E2EEvents.EdgeGateway;
using E2EEvents.EdgeGateway.Operations;
using E2EEvents.Hosting;

if (args is ["dead-letters", .. var command]) return await DeadLetterCommand.RunAsync(command, Console.Out, Console.Error);

return await Process.RunAsync(
    args,
    builder =>
    {
        builder.AddClusterClient();
        builder.AddEdgeGateway();
    },
    app =>
    {
        app.MapOperations(operators => operators.MapOperators());
        app.MapEdgeGateway();
    });
