using E2EEvents.Testing.Processes;
using E2EEvents.Testing.Regions;
using E2EEvents.Testing.Servers;

namespace E2EEvents.EndToEnd.Storage;

/// <summary>A silo's process in front of a database that is not as it must be: it does not start, and says what to do.</summary>
public sealed class SqlStartTests
{
    [Theory]
    [InlineData(RegionProvider.PostgreSql)]
    [InlineData(RegionProvider.MySql)]
    public async Task Silo_DatabaseNotAsItMustBe_StopsAndSaysWhatToDo(RegionProvider provider)
    {
        var token = TestContext.Current.CancellationToken;
        await using DatabaseServer server = provider == RegionProvider.PostgreSql ? new PostgresServer() : new MariaDbServer();
        await server.StartAsync(token);
        await using var silo = new ProductProcess("Silo", new Dictionary<string, string>
        {
            ["Silo:Roles"] = "silo",
            ["Silo:AdvertisedAddress"] = "127.0.0.1",
            ["Cluster:Provider"] = provider.ToString(),
            ["Cluster:Sql"] = server.ConnectionString,
            ["Storage:CreateSchema"] = "false",
        });

        await RefusesAsync($"schema {provider}", provider == RegionProvider.PostgreSql ? "ALTER SYSTEM SET fsync = on" : "SET GLOBAL innodb_flush_log_at_trx_commit = 1");
        silo.Settings["Storage:CreateSchema"] = "true";
        silo.Settings["Topics:DurableStorage"] = "false"; // the operator's word, which the second start takes
        await silo.StartAsync(token);
        await silo.StopAsync();

        await DatabaseAdmin.RunAsync(server, "UPDATE e2e_schema SET version = 99", token);
        await RefusesAsync("newer than this program's");

        async Task RefusesAsync(params string[] told)
        {
            await silo.LaunchAsync();
            Assert.Equal(1, await silo.EndAsync(TimeSpan.FromSeconds(40)));
            foreach (var text in told) await Eventually.TrueAsync(() => silo.Output.Tail.Contains(text, StringComparison.Ordinal), TimeSpan.FromSeconds(5), () => silo.Output.Tail);
        }
    }
}
