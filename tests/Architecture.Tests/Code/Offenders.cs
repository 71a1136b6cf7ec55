using System.Linq;

namespace E2EEvents.Architecture.Tests.Code;

/// <summary>A check that names all that break a rule, not only the first.</summary>
internal static class Offenders
{
    public static void None(string rule, IEnumerable<string?> found)
    {
        var all = found.Distinct().ToArray();
        if (all.Length > 0) Assert.Fail($"{rule}. It is broken by:\n  {string.Join("\n  ", all)}");
    }
}
