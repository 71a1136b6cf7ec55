using System.Net;
using E2EEvents.Testing.Processes;

namespace E2EEvents.EndToEnd.Operators;

/// <summary>Orleans' dashboard is where operators are, and only when it is wanted.</summary>
public sealed class DashboardTests
{
    [Theory]
    [InlineData("true", HttpStatusCode.OK)]
    [InlineData("false", HttpStatusCode.NotFound)]
    public async Task Dashboard_Switched_IsOnTheOperatorsListenerAloneOrNowhere(string on, HttpStatusCode expected)
    {
        await using var silo = new ProductProcess("Silo", new Dictionary<string, string> { ["Silo:Dashboard"] = on, ["Connectors:sample:Enabled"] = "false" });
        await silo.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(expected, await StatusAsync(silo.OperationsUri, "dashboard/"));
        Assert.Equal(expected, await StatusAsync(silo.OperationsUri, "dashboard/index.min.js"));
        Assert.Equal(expected, await StatusAsync(silo.OperationsUri, "dashboard/DashboardCounters"));
        foreach (var path in (string[])["dashboard", "dashboard/", "dashboard/index.html", "dashboard/DashboardCounters", "dashboard/GrainState"])
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(silo.PublicUri, path));
        }
    }

    private static async Task<HttpStatusCode> StatusAsync(Uri listener, string path)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(listener, path), TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }
}
