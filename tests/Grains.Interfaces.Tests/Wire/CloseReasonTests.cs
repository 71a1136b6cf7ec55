using System.Linq;
using System.Reflection;
using System.Text;

namespace E2EEvents.Grains.Interfaces.Tests.Wire;

public sealed class CloseReasonTests
{
    public static TheoryData<string> Names => [.. CloseReason.All.Select(reason => reason.Name)];

    [Fact]
    public void All_EveryDeclaredReason_IsListedOnce()
    {
        var declared = typeof(CloseReason).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.FieldType == typeof(CloseReason)).Select(field => (CloseReason)field.GetValue(null)!);
        Assert.Equal(declared.OrderBy(reason => reason.Code), CloseReason.All.OrderBy(reason => reason.Code));
        Assert.Equal(CloseReason.All.Count, CloseReason.All.Select(reason => reason.Code).Distinct().Count());
        Assert.Equal(CloseReason.All.Count, CloseReason.All.Select(reason => reason.Name).Distinct().Count());
    }

    /// <summary>RFC 6455 §7.4: an endpoint may send 1000-1003 and 1007-1014 of the registered codes; 4000-4999 are for applications.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Code_EachReason_MayBeSent(string name)
    {
        var code = Reason(name).Code;
        Assert.True(code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 4000 and <= 4999), $"{code}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ReasonBytes_EachReason_FitsACloseFrameAndTellsTheNameFirst(string name)
    {
        var bytes = Reason(name).ReasonBytes();
        Assert.InRange(bytes.Length, 1, CloseReason.MaxReasonBytes);
        Assert.StartsWith(name + ": ", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        Assert.Matches("^[a-z]+(-[a-z]+)*$", name);
        // It stands in JSON and in an SSE data line as it is.
        Assert.DoesNotContain(Encoding.UTF8.GetString(bytes), c => c is '"' or '\\' || c < ' ' || c > '~');
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ReasonBytes_WithAWait_EndsInItAndFits(string name)
    {
        var bytes = Reason(name).ReasonBytes(waitMs: 600_000);
        Assert.InRange(bytes.Length, 1, CloseReason.MaxReasonBytes);
        Assert.EndsWith(" after 600000 ms", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
    }

    private static CloseReason Reason(string name) => CloseReason.All.Single(reason => reason.Name == name);
}
