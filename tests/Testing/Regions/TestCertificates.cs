using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace E2EEvents.Testing.Regions;

/// <summary>An authority and the certificates of regions as PEM files in a temporary folder, made when first asked for.</summary>
public sealed class TestCertificates : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("e2e-certificates-");
    private readonly X509Certificate2 _authority;
    private readonly Lock _lock = new();

    /// <summary>Makes an authority.</summary>
    public TestCertificates()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _authority = request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(30));
        File.WriteAllText(AuthorityFile, _authority.ExportCertificatePem());
    }

    /// <summary>PEM of the authority.</summary>
    public string AuthorityFile => Path.Combine(_folder.FullName, "authority.pem");

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>PEM of a region's certificate.</summary>
    public string CertificateFileOf(string region) => FileOf(region, ".crt");

    /// <summary>PEM of a region's key.</summary>
    public string KeyFileOf(string region) => FileOf(region, ".key");

    /// <summary>A region's certificate with its key.</summary>
    public X509Certificate2 Of(string region) => X509CertificateLoader.LoadPkcs12(
        X509Certificate2.CreateFromPemFile(CertificateFileOf(region), KeyFileOf(region)).Export(X509ContentType.Pkcs12), null);

    /// <summary>Deletes the files.</summary>
    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    private string FileOf(string region, string ending)
    {
        var path = Path.Combine(_folder.FullName, region);
        lock (_lock)
        {
            if (!File.Exists(path + ".crt")) Make(region, path);
        }

        return path + ending;
    }

    private void Make(string region, string path)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + region, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(region + ".region");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        var serial = RandomNumberGenerator.GetBytes(16);
        using var certificate = request.Create(_authority, Now.AddDays(-1), Now.AddDays(29), serial);
        File.WriteAllText(path + ".key", key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(path + ".crt", certificate.ExportCertificatePem());
    }
}
