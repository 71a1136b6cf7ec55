using E2EEvents.EdgeGateway.Fanout;
using E2EEvents.EdgeGateway.Policy;
using Microsoft.AspNetCore.Http;

namespace E2EEvents.EdgeGateway.Transports;

/// <summary>The choice of fields in a query: <c>?fields=last,bid</c>.</summary>
internal static class FieldsQuery
{
    /// <summary>Null if the parameter is absent: all fields.</summary>
    /// <exception cref="ProblemException">It is not well formed.</exception>
    public static FieldSet? Read(HttpContext http)
    {
        var values = http.Request.Query["fields"];
        if (values.Count == 0) return null;
        return FieldSet.TryParse(values.ToString(), out var fields, out var error)
            ? fields
            : throw new ProblemException(Problem.BadParameter, $"fields has {error}; write the names of top-level members of the state joined by commas, as in fields=last,bid: at most {FieldSet.MaxNames} names of 1 to {FieldSet.MaxNameLength} characters.");
    }
}
