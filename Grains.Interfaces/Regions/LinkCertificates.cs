using System.Security.Cryptography.X509Certificates;

namespace E2EEvents.Grains.Interfaces.Regions;

/// <summary>The part that a certificate's owner plays on a link.</summary>
public enum LinkRole
{
    /// <summary>It dials.</summary>
    Client,

    /// <summary>It takes links.</summary>
    Server,
}

/// <summary>
/// Certificates of links: this region's own, and what another's must be: issued by the regions' authority (the system's are not asked), valid now, for
/// the usage, and with the subject alternative name <c>&lt;region&gt;.region</c>. The files are read again when they change, so that certificates can be
/// renewed without a restart. Free-threaded.
/// </summary>
public sealed class LinkCertificates(RegionsOptions options, TimeProvider time)
{
    private const string Suffix = ".region";
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string ClientUsage = "1.3.6.1.5.5.7.3.2";
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1";

    private readonly Lock _lock = new();
    private Loaded? _loaded;

    /// <summary>This region's certificate with its key.</summary>
    /// <exception cref="InvalidDataException">The files are not set, missing or no certificates; says which.</exception>
    public X509Certificate2 Own => Current().Own;

    /// <summary>Reads all files, so that what is wrong with them is told at start.</summary>
    /// <exception cref="InvalidDataException">As <see cref="Own"/>.</exception>
    public void Check() => Current();

    /// <summary>True if the certificate names a region and may play the part.</summary>
    /// <param name="peer">What the other side showed; null = nothing.</param>
    /// <param name="role">The part it plays.</param>
    /// <param name="region">The region it names.</param>
    /// <param name="reason">What it lacks.</param>
    public bool TryCheck(X509Certificate2? peer, LinkRole role, out string region, out string reason)
    {
        (region, reason) = ("", "");
        if (peer is null)
        {
            reason = "no certificate was shown";
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Current().Authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // an own authority revokes by not renewing
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().LocalDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid(role == LinkRole.Client ? ClientUsage : ServerUsage));
        if (!chain.Build(peer))
        {
            reason = $"the certificate of {peer.Subject} is not accepted: {Problems(chain)}";
            return false;
        }

        if (!HasUsage(peer, role))
        {
            reason = $"the certificate of {peer.Subject} lacks the usage {role.ToString().ToLowerInvariant()}";
            return false;
        }

        if (RegionOf(peer) is not { } name)
        {
            reason = $"the certificate of {peer.Subject} names no region; it needs the subject alternative name <region>{Suffix}";
            return false;
        }

        region = name;
        return true;
    }

    /// <summary>The policy of a chain accepts a certificate that names no usage at all; a link does not.</summary>
    private static bool HasUsage(X509Certificate2 certificate, LinkRole role)
    {
        foreach (var extension in certificate.Extensions)
        {
            if (extension is not X509EnhancedKeyUsageExtension usages) continue;
            foreach (var usage in usages.EnhancedKeyUsages)
            {
                if (usage.Value == (role == LinkRole.Client ? ClientUsage : ServerUsage)) return true;
            }
        }

        return false;
    }

    private static string? RegionOf(X509Certificate2 certificate)
    {
        foreach (var extension in certificate.Extensions)
        {
            if (extension.Oid?.Value != SubjectAlternativeName) continue;
            foreach (var name in new X509SubjectAlternativeNameExtension(extension.RawData).EnumerateDnsNames())
            {
                if (name.EndsWith(Suffix, StringComparison.Ordinal) && name.Length > Suffix.Length) return name[..^Suffix.Length];
            }
        }

        return null;
    }

    private static string Problems(X509Chain chain)
    {
        var problems = new List<string>();
        foreach (var status in chain.ChainStatus) problems.Add(status.StatusInformation.Trim().TrimEnd('.'));
        return string.Join("; ", problems);
    }

    private Loaded Current()
    {
        lock (_lock)
        {
            var stamp = (StampOf(options.Certificate), StampOf(options.CertificateKey), StampOf(options.Authority));
            if (_loaded is not null && _loaded.Stamp == stamp) return _loaded;
            try
            {
                return _loaded = Load(stamp);
            }
            catch (InvalidDataException) when (_loaded is not null)
            {
                return _loaded; // files half replaced: the old ones go on until the new ones are whole
            }
        }
    }

    private Loaded Load((DateTime, DateTime, DateTime) stamp)
    {
        var certificate = Need(options.Certificate, nameof(options.Certificate));
        var key = Need(options.CertificateKey, nameof(options.CertificateKey));
        var authority = Need(options.Authority, nameof(options.Authority));
        try
        {
            using var pem = X509Certificate2.CreateFromPemFile(certificate, key);

            // Through PKCS #12: TLS on some systems cannot use a key that lives in memory only.
            var own = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(authority);
            if (authorities.Count == 0) throw new InvalidDataException($"Regions:Authority ({authority}) holds no certificate.");
            return new Loaded(own, authorities, stamp);
        }
        catch (Exception e) when (e is System.Security.Cryptography.CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidDataException($"The certificates of Regions ({certificate}, {key}, {authority}) cannot be read: {e.Message}", e);
        }
    }

    private static string Need(string? file, string name)
    {
        if (string.IsNullOrWhiteSpace(file)) throw new InvalidDataException($"Regions:{name} is not set; links between regions need it.");
        return File.Exists(file) ? file : throw new InvalidDataException($"Regions:{name} is '{file}', and there is no such file.");
    }

    private static DateTime StampOf(string? file) => string.IsNullOrWhiteSpace(file) ? default : File.GetLastWriteTimeUtc(file);

    private sealed record Loaded(X509Certificate2 Own, X509Certificate2Collection Authority, (DateTime, DateTime, DateTime) Stamp);
}
