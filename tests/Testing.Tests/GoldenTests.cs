namespace E2EEvents.Testing.Tests;

public sealed class GoldenTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("e2e-golden-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Equal_SameBytes_Passes()
    {
        var path = Path.Combine(_folder, "same.txt");
        File.WriteAllText(path, "abc");
        Golden.Equal(path, "same.txt", "abc"u8);
    }

    [Fact]
    public void Equal_OtherBytes_TellsWhereTheyDifferAndHowToAccept()
    {
        var path = Path.Combine(_folder, "other.txt");
        File.WriteAllText(path, "abc");
        var failure = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Golden.Equal(path, "other.txt", "abX"u8));
        Assert.Contains("at byte 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains("E2E_ACCEPT_GOLDEN=1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_NoFileYet_SaysSo()
    {
        var failure = Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Golden.Equal(Path.Combine(_folder, "none"), "none", "a"u8));
        Assert.Contains("does not exist yet", failure.Message, StringComparison.Ordinal);
    }
}
