using E2EEvents.Connectors;
using E2EEvents.Hosting;

// The connectors of a region in a process of their own: the secrets of origins stay out of silos and gateways.
var builder = Process.CreateBuilder(args);
builder.AddClusterClient(client => client.AddMemoryStreams(IngestStream.Provider));
builder.AddConnectors();
return await Process.RunAsync(builder, app => app.MapOperations());
