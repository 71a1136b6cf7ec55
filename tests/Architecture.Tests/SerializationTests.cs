using System.Linq;
using System.Reflection;
using E2EEvents.Architecture.Tests.Code;

namespace E2EEvents.Architecture.Tests;

/// <summary>What travels between processes keeps its name when a type is renamed or moved: rolling upgrades mix versions.</summary>
public sealed class SerializationTests
{
    [Fact]
    public void SerializedTypes_All_HaveAnAliasOfTheirOwn()
    {
        var serialized = Product.AllTypes().Where(type => type.IsDefined(typeof(GenerateSerializerAttribute), false)).ToArray();
        Assert.NotEmpty(serialized);
        Offenders.None("A serialized type has an alias", serialized.Where(type => AliasOf(type) is null).Select(type => type.FullName));
        Offenders.None("An alias names one type", serialized.GroupBy(AliasOf).Where(group => group.Count() > 1).Select(group => group.Key));
    }

    [Fact]
    public void GrainInterfaces_All_HaveAliasesAndTakeACancellationTokenLast()
    {
        var contracts = Product.AllTypes().Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type)).ToArray();
        Assert.NotEmpty(contracts);
        Offenders.None("A grain interface has an alias", contracts.Where(type => AliasOf(type) is null).Select(type => type.FullName));
        var methods = contracts.SelectMany(type => type.GetMethods()).ToArray();
        Offenders.None("A grain method has an alias", methods.Where(method => AliasOf(method) is null).Select(NameOf));
        Offenders.None("A grain method takes a CancellationToken last", methods.Where(method => method.GetParameters().LastOrDefault()?.ParameterType != typeof(CancellationToken)).Select(NameOf));
        Offenders.None("A grain method's name ends in Async", methods.Where(method => !method.Name.EndsWith("Async", StringComparison.Ordinal)).Select(NameOf));
    }

    [Fact]
    public void SerializedTypes_All_AreImmutable()
    {
        var mutable = Product.AllTypes().Where(type => type is { IsClass: true } && type.IsDefined(typeof(GenerateSerializerAttribute), false) && !type.IsDefined(typeof(ImmutableAttribute), false));
        Offenders.None("What is serialized is immutable", mutable.Select(type => type.FullName));
    }

    private static string NameOf(MethodInfo method) => $"{method.DeclaringType!.Name}.{method.Name}";

    private static string? AliasOf(MemberInfo member) => member.GetCustomAttributes<AliasAttribute>(inherit: false).FirstOrDefault()?.Alias;
}
