using System.Security.Cryptography.X509Certificates;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Testing.Certificates;
using Microsoft.Extensions.Time.Testing;

namespace E2EEvents.Grains.Interfaces.Tests.Regions;

public sealed class LinkCertificatesTests : IDisposable
{
    private readonly TestCertificates _issued = new("us-east", "eu-west");

    public void Dispose() => _issued.Dispose();

    [Theory]
    [InlineData(LinkRole.Client)]
    [InlineData(LinkRole.Server)]
    public void TryCheck_CertificateOfTheAuthority_NamesItsRegion(LinkRole role)
    {
        using var peer = X509CertificateLoader.LoadCertificateFromFile(_issued.CertificateOf("eu-west"));
        Assert.True(Certificates().TryCheck(peer, role, out var region, out var reason), reason);
        Assert.Equal("eu-west", region);
    }

    [Fact]
    public void TryCheck_NoCertificate_IsRefused() => AssertRefused(null, LinkRole.Client, "no certificate");

    [Fact]
    public void TryCheck_AnotherAuthority_IsRefused()
    {
        using var rogue = new TestCertificates("eu-west");
        using var peer = X509CertificateLoader.LoadCertificateFromFile(rogue.CertificateOf("eu-west"));
        AssertRefused(peer, LinkRole.Client, "not accepted");
    }

    [Fact]
    public void TryCheck_SignedByItself_IsRefused()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        var request = new CertificateRequest("CN=eu-west", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var peer = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        AssertRefused(peer, LinkRole.Client, "not accepted");
    }

    [Theory]
    [InlineData(LinkRole.Client, false, true)]
    [InlineData(LinkRole.Server, true, false)]
    public void TryCheck_UsageForTheOtherPartOnly_IsRefused(LinkRole role, bool isClient, bool isServer)
    {
        using var peer = _issued.Make("eu-west.region", isClient, isServer);
        AssertRefused(peer, role, "not accepted");
    }

    [Theory]
    [InlineData(LinkRole.Client)]
    [InlineData(LinkRole.Server)]
    public void TryCheck_NoUsageAtAll_IsRefused(LinkRole role)
    {
        using var peer = _issued.Make("eu-west.region", isClient: false, isServer: false);
        AssertRefused(peer, role, "lacks the usage");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("eu-west")]
    [InlineData("eu-west.region.example")]
    [InlineData("region")]
    public void TryCheck_NoNameOfARegion_IsRefused(string? name)
    {
        using var peer = _issued.Make(name); // its subject may say what it likes: only the alternative name counts
        AssertRefused(peer, LinkRole.Client, "names no region");
    }

    [Fact]
    public void TryCheck_Expired_IsRefused()
    {
        using var peer = _issued.Make("eu-west.region", age: TimeSpan.FromDays(400));
        AssertRefused(peer, LinkRole.Client, "not accepted");
    }

    [Fact]
    public void TryCheck_LongAfterItWasIssued_IsRefused()
    {
        using var peer = X509CertificateLoader.LoadCertificateFromFile(_issued.CertificateOf("eu-west"));
        var later = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddDays(366));
        Assert.False(new LinkCertificates(Options(), later).TryCheck(peer, LinkRole.Client, out _, out var reason));
        Assert.Contains("not accepted", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Own_HasTheKey() => Assert.True(Certificates().Own.HasPrivateKey);

    [Fact]
    public void Own_FilesReplaced_IsTheNewOne()
    {
        var certificates = Certificates();
        var before = certificates.Own.SerialNumber;
        _issued.Issue("us-east");
        File.SetLastWriteTimeUtc(_issued.CertificateOf("us-east"), TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));
        Assert.NotEqual(before, certificates.Own.SerialNumber);
    }

    [Fact]
    public void Own_FilesHalfReplaced_StaysTheOldOne()
    {
        var certificates = Certificates();
        var before = certificates.Own.SerialNumber;
        File.WriteAllText(_issued.CertificateOf("us-east"), "-----BEGIN CERTIFICATE-----\n");
        File.SetLastWriteTimeUtc(_issued.CertificateOf("us-east"), TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(1));
        Assert.Equal(before, certificates.Own.SerialNumber);
    }

    [Fact]
    public void Check_FileMissing_SaysWhich()
    {
        var options = Options();
        options.CertificateKey = "/nowhere/us-east.key";
        var error = Assert.Throws<InvalidDataException>(new LinkCertificates(options, TimeProvider.System).Check);
        Assert.Contains("Regions:CertificateKey", error.Message, StringComparison.Ordinal);
        Assert.Contains("/nowhere/us-east.key", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_NothingSet_SaysWhatIsNeeded()
    {
        var error = Assert.Throws<InvalidDataException>(new LinkCertificates(new RegionsOptions(), TimeProvider.System).Check);
        Assert.Contains("Regions:Certificate is not set", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_KeyOfAnotherCertificate_IsTold()
    {
        var options = Options();
        options.CertificateKey = _issued.KeyOf("eu-west");
        var error = Assert.Throws<InvalidDataException>(new LinkCertificates(options, TimeProvider.System).Check);
        Assert.Contains(_issued.KeyOf("eu-west"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AuthorityWithoutACertificate_IsTold()
    {
        var options = Options();
        options.Authority = _issued.KeyOf("us-east");
        var error = Assert.Throws<InvalidDataException>(new LinkCertificates(options, TimeProvider.System).Check);
        Assert.Contains("holds no certificate", error.Message, StringComparison.Ordinal);
    }

    private RegionsOptions Options() => new()
    {
        Name = "us-east",
        Certificate = _issued.CertificateOf("us-east"),
        CertificateKey = _issued.KeyOf("us-east"),
        Authority = _issued.Authority,
    };

    private LinkCertificates Certificates() => new(Options(), TimeProvider.System);

    private void AssertRefused(X509Certificate2? peer, LinkRole role, string part)
    {
        Assert.False(Certificates().TryCheck(peer, role, out var region, out var reason));
        Assert.Equal("", region);
        Assert.Contains(part, reason, StringComparison.Ordinal);
    }
}
