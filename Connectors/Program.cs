using E2EEvents.Connectors;
using E2EEvents.Hosting;

// The connectors of a region in a process of their own: the secrets of origins stay out of silos and gateways.
return await Process.RunAsync(
    args,
    builder =>
    {
        builder.AddClusterClient(client => client.AddIngest(builder.Configuration));
        builder.AddConnectors();
    },
    app => app.MapOperations());
