extern alias connectors; // it compiles the shared Hosting files too
using connectors::E2EEvents.Connectors;
using E2EEvents.EdgeGateway;
using E2EEvents.EdgeGateway.Operations;
using E2EEvents.Grains.Storage.Sql;
using E2EEvents.Hosting;
using E2EEvents.Silo;
using Orleans.Dashboard;

if (args is ["schema", .. var names])
{
    if (names is not [var named])
    {
        await Console.Error.WriteLineAsync("Usage: dotnet E2EEvents.Silo.dll schema PostgreSql|MySql");
        return 2;
    }

    if (!Enum.TryParse<SqlDatabase>(named, ignoreCase: true, out var database) || !Enum.IsDefined(database))
    {
        await Console.Error.WriteLineAsync($"There is no schema for '{named}'; there is one for PostgreSql and one for MySql (MariaDB too).");
        return 1;
    }

    await Console.Out.WriteAsync(SqlStorageExtensions.SchemaOf(database));
    return 0;
}

var (hasGateway, hasDashboard) = (false, false);
return await Process.RunAsync(
    args,
    builder =>
    {
        var options = builder.Configuration.GetSection("Silo").Get<SiloOptions>() ?? new SiloOptions();
        (hasGateway, hasDashboard) = (options.Has(Role.Gateway), options.Dashboard);
        builder.AddSilo(options);
        if (hasGateway) builder.AddEdgeGateway();
        if (options.Has(Role.Connectors)) builder.AddConnectors();
    },
    app =>
    {
        app.MapOperations(operators =>
        {
            if (hasGateway) operators.MapOperators();
            if (hasDashboard) operators.MapOrleansDashboard("/dashboard");
        });
        if (hasGateway) app.MapEdgeGateway();
    });
