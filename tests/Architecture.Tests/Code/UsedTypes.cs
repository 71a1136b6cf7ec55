using System.Buffers.Binary;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;

namespace E2EEvents.Architecture.Tests.Code;

/// <summary>Every type that a type uses: in its declaration, its members' signatures and attributes, and the instructions of its methods.</summary>
internal static class UsedTypes
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodesByValue =
        typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    public static HashSet<Type> Of(Type type)
    {
        var used = new HashSet<Type>();
        Add(used, type.BaseType);
        foreach (var contract in type.GetInterfaces()) Add(used, contract);
        AddAttributes(used, type);
        foreach (var field in type.GetFields(All)) AddMember(used, field, field.FieldType);
        foreach (var property in type.GetProperties(All)) AddMember(used, property, property.PropertyType);
        foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All))) AddMethod(used, method);
        foreach (var nested in type.GetNestedTypes(All)) used.UnionWith(Of(nested));
        return used;
    }

    private static void AddMethod(HashSet<Type> used, MethodBase method)
    {
        AddMember(used, method, (method as MethodInfo)?.ReturnType);
        foreach (var parameter in method.GetParameters()) Add(used, parameter.ParameterType);
        if (method.GetMethodBody() is not { } body) return;
        foreach (var local in body.LocalVariables) Add(used, local.LocalType);
        foreach (var clause in body.ExceptionHandlingClauses)
        {
            if (clause.Flags == ExceptionHandlingClauseOptions.Clause) Add(used, clause.CatchType);
        }

        AddInstructions(used, method, body.GetILAsByteArray()!);
    }

    private static void AddInstructions(HashSet<Type> used, MethodBase method, byte[] code)
    {
        var typeArguments = method.DeclaringType!.GetGenericArguments();
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            var value = code[at] == 0xfe ? (short)(0xfe00 | code[at + 1]) : code[at];
            var instruction = OpCodesByValue[value];
            at += instruction.Size;
            if (instruction.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType)
            {
                var member = method.Module.ResolveMember(BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at)), typeArguments, methodArguments);
                if (member is Type type) Add(used, type);
                Add(used, member?.DeclaringType);
                if (member is MethodInfo { IsGenericMethod: true } generic) foreach (var argument in generic.GetGenericArguments()) Add(used, argument);
            }

            at += OperandSize(instruction, code, at);
        }
    }

    private static int OperandSize(OpCode instruction, byte[] code, int at) => instruction.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + 4 * BinaryPrimitives.ReadInt32LittleEndian(code.AsSpan(at)),
        _ => 4,
    };

    private static void AddMember(HashSet<Type> used, MemberInfo member, Type? type)
    {
        Add(used, type);
        AddAttributes(used, member);
    }

    private static void AddAttributes(HashSet<Type> used, MemberInfo member)
    {
        foreach (var attribute in member.GetCustomAttributesData()) Add(used, attribute.AttributeType);
    }

    private static void Add(HashSet<Type> used, Type? type)
    {
        if (type is null) return;
        while (type.HasElementType) type = type.GetElementType()!;
        if (type.IsGenericParameter || !used.Add(type.IsGenericType ? type.GetGenericTypeDefinition() : type)) return;
        foreach (var argument in type.GenericTypeArguments) Add(used, argument);
    }
}
