using System.Text.Json.Nodes;

namespace E2EEvents.Testing.Clients;

/// <summary>A merge patch as RFC 7396 section 2 writes it; on purpose not the product's code, which it judges.</summary>
public static class JsonMerge
{
    /// <summary>The state that <paramref name="patch"/> makes of <paramref name="state"/>; neither is changed.</summary>
    public static JsonObject Apply(JsonObject state, JsonObject patch) => (JsonObject)Merge(state, patch)!;

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes) return patch?.DeepClone();
        var result = target is JsonObject known ? (JsonObject)known.DeepClone() : [];
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                result.Remove(name);
            }
            else
            {
                result[name] = Merge(result[name], value);
            }
        }

        return result;
    }
}
