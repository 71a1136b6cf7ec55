using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace E2EEvents.Testing.Certificates;

/// <summary>
/// An authority of regions in a folder of its own: <c>ca.pem</c>, and <c>(region).pem</c> with <c>(region).key</c> for each region asked for.
/// All valid for a year from now.
/// </summary>
public sealed class TestCertificates : IDisposable
{
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";
    private static readonly TimeSpan Validity = TimeSpan.FromDays(365);
    private static readonly TimeSpan Before = TimeSpan.FromDays(800); // certificates may have expired long ago

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _authority;

    /// <summary>Makes an authority.</summary>
    /// <param name="regions">Regions to issue certificates to at once.</param>
    public TestCertificates(params string[] regions)
    {
        var now = TimeProvider.System.GetUtcNow();
        var request = new CertificateRequest("CN=Regions test authority " + Guid.NewGuid().ToString("N")[..8], _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        _authority = request.CreateSelfSigned(now - Before, now + Validity);
        File.WriteAllText(Authority, _authority.ExportCertificatePem());
        foreach (var region in regions) Issue(region);
    }

    /// <summary>Where the files are; gone with this object.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("e2e-certificates-").FullName;

    /// <summary>The authority's file.</summary>
    public string Authority => Path.Combine(Folder, "ca.pem");

    /// <summary>A region's certificate file.</summary>
    public string CertificateOf(string region) => Path.Combine(Folder, region + ".pem");

    /// <summary>A region's key file.</summary>
    public string KeyOf(string region) => Path.Combine(Folder, region + ".key");

    /// <summary>Issues a certificate to a region (again) and writes its files.</summary>
    public void Issue(string region)
    {
        using var certificate = Make(region + ".region");
        File.WriteAllText(KeyOf(region), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(CertificateOf(region), certificate.ExportCertificatePem());
    }

    /// <summary>The settings of a process of the region: the three files.</summary>
    public IEnumerable<KeyValuePair<string, string>> SettingsOf(string region)
    {
        if (!File.Exists(CertificateOf(region))) Issue(region);
        yield return new("Regions:Certificate", CertificateOf(region));
        yield return new("Regions:CertificateKey", KeyOf(region));
        yield return new("Regions:Authority", Authority);
    }

    /// <summary>Issues a certificate, good or not, with its key, without a file.</summary>
    /// <param name="dnsName">Its only subject alternative name; null = it has none.</param>
    /// <param name="isClient">It has the usage client.</param>
    /// <param name="isServer">It has the usage server.</param>
    /// <param name="age">How long ago it was issued; it is valid for a year from then.</param>
    public X509Certificate2 Make(string? dnsName, bool isClient = true, bool isServer = true, TimeSpan? age = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + (dnsName ?? "nobody"), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        if (dnsName is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        var usages = new OidCollection();
        if (isClient) usages.Add(new Oid(ClientUsage));
        if (isServer) usages.Add(new Oid(ServerUsage));
        if (usages.Count > 0) request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        var from = TimeProvider.System.GetUtcNow() - (age ?? TimeSpan.FromHours(1));

        // Signed with the bare key: the authority's own validity must not hinder a certificate that expired before it began.
        var signer = X509SignatureGenerator.CreateForECDsa(_key);
        using var certificate = request.Create(_authority.SubjectName, signer, from, from + Validity, Guid.NewGuid().ToByteArray());
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>Removes the files.</summary>
    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
