using System.Linq;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace E2EEvents.Connectors.Mapping;

/// <summary>Finds the mapper that a connector's options ask for.</summary>
internal static class MapperFinder
{
    /// <summary>The mapper.</summary>
    /// <param name="options">Of the connector.</param>
    /// <param name="path">Path of its section.</param>
    /// <param name="services">Where named mappers are registered, and what a mapper's constructor gets.</param>
    /// <param name="errors">Gets everything that is wrong; the mapper is then of no use.</param>
    public static IEventMapper Find(ConnectorOptions options, string path, IServiceProvider services, List<string> errors)
    {
        var byName = !string.IsNullOrWhiteSpace(options.Mapper);
        if (byName && options.Map.Count > 0) errors.Add($"{path}: has both Map and Mapper; give one of them.");
        if (options.Map.Count > 0) return new RuleMapper(options.Map, $"{path}:Map", errors);
        if (!byName) return new TopicEventMapper();
        try
        {
            if (services.GetKeyedService<IEventMapper>(options.Mapper) is { } registered) return registered;
            if (FindType(options.Mapper!, out var error) is { } type) return (IEventMapper)ActivatorUtilities.CreateInstance(services, type);
            errors.Add($"{path}:Mapper: {error}");
        }
        catch (Exception failure)
        {
            // A constructor that throws, or needs what is not registered.
            errors.Add($"{path}:Mapper: '{options.Mapper}' cannot be made: {failure.Message}");
        }

        return new TopicEventMapper();
    }

    private static Type? FindType(string name, out string? error)
    {
        var comma = name.IndexOf(',');
        var typeName = (comma < 0 ? name : name[..comma]).Trim();
        if (comma >= 0) Load(name[(comma + 1)..].Trim());
        var found = AppDomain.CurrentDomain.GetAssemblies()
            .Where(assembly => !assembly.IsDynamic && (comma < 0 || IsNamed(assembly, name[(comma + 1)..])))
            .SelectMany(TypesOf)
            .Where(type => typeof(IEventMapper).IsAssignableFrom(type) && type is { IsClass: true, IsAbstract: false })
            .Where(type => type.FullName == typeName || type.Name == typeName)
            .ToList();
        error = found.Count switch
        {
            0 => $"no class '{typeName}' that implements {nameof(IEventMapper)} is loaded, and no mapper of that name is registered.",
            1 => null,
            _ => $"'{typeName}' is ambiguous: {string.Join(", ", found.Select(type => type.AssemblyQualifiedName))}.",
        };
        return found is [var one] ? one : null;
    }

    // An assembly that was put beside the program is not known to the loader: it is no dependency of it.
    private static void Load(string assembly)
    {
        var simple = new AssemblyName(assembly).Name!;
        if (AppDomain.CurrentDomain.GetAssemblies().Any(loaded => loaded.GetName().Name == simple)) return;
        var file = Path.Combine(AppContext.BaseDirectory, simple + ".dll");
        if (File.Exists(file)) Assembly.LoadFrom(file);
    }

    private static bool IsNamed(Assembly assembly, string name) => assembly.GetName().Name == new AssemblyName(name.Trim()).Name;

    private static IEnumerable<Type> TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException partly)
        {
            return partly.Types.OfType<Type>();
        }
    }
}
