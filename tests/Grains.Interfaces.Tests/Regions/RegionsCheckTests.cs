using System.Linq;
using CsCheck;
using E2EEvents.Grains.Interfaces.Regions;
using E2EEvents.Testing.Certificates;

namespace E2EEvents.Grains.Interfaces.Tests.Regions;

public sealed class RegionsCheckTests
{
    private static readonly string[] Kinds = ["match", "news", "ticker"];

    [Fact]
    public void Errors_NothingSet_AreNone()
    {
        Assert.Empty(RegionsCheck.Errors(new RegionsOptions()));
        Assert.Empty(RegionsCheck.KindErrors(new RegionsOptions(), Kinds));
    }

    [Fact]
    public void Errors_HomeAndTwoEdges_AreNone()
    {
        Assert.Empty(RegionsCheck.Errors(World()));
        Assert.Empty(RegionsCheck.KindErrors(World(), Kinds));
    }

    [Fact]
    public void Errors_OwnNameIsNoRegion_IsTold() => AssertOnly(With(options => options.Name = "mars"), "Regions:Name is 'mars'", "ap-south, eu-west, us-east");

    [Fact]
    public void Errors_UnknownHomes_AreTold()
    {
        var errors = RegionsCheck.Errors(With(options =>
        {
            options.DefaultHome = "mars";
            options.Homes["match"] = "venus";
            options.All["eu-west"].Upstream = "pluto";
        }));
        Assert.Equal(3, errors.Count);
        Assert.Contains(errors, error => error.Contains("Regions:DefaultHome is 'mars'", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Contains("Regions:Homes:match is 'venus'", StringComparison.Ordinal));
        Assert.Contains(errors, error => error.Contains("Regions:All:eu-west:Upstream is 'pluto'", StringComparison.Ordinal));
    }

    [Fact]
    public void Errors_OneRegionWithAnotherAsHome_IsTold() => AssertOnly(new RegionsOptions { Name = "eu-west", DefaultHome = "us-east" }, "DefaultHome is 'us-east'");

    [Fact]
    public void Errors_LoopOfUpstreams_ShowsTheWay() => AssertOnly(
        With(options =>
        {
            options.All["ap-south"].Links = "ap.example:7443";
            options.All["eu-west"].Upstream = "ap-south";
            options.All["ap-south"].Upstream = "eu-west";
        }),
        "eu-west -> ap-south -> eu-west");

    [Fact]
    public void Errors_OwnUpstream_IsALoop() => AssertOnly(With(options => options.All["eu-west"].Upstream = "eu-west"), "eu-west -> eu-west");

    [Fact]
    public void Errors_UpstreamThatTakesNoLinks_IsTold() => AssertOnly(
        With(options =>
        {
            options.All["eu-west"].Links = null;
            options.All["ap-south"].Upstream = "eu-west";
        }),
        "Regions:All:ap-south:Upstream is 'eu-west'", "Regions:All:eu-west:Links is empty");

    [Fact]
    public void Errors_HomeThatTakesNoLinks_IsTold() => AssertOnly(With(options => (options.All["us-east"].Links, options.All["ap-south"].Upstream) = (" ", null)), "DefaultHome is 'us-east'", "no other region can follow it");

    [Theory]
    [InlineData("eu.example")]
    [InlineData("eu.example:0")]
    [InlineData("eu.example:70000")]
    [InlineData("https://eu.example:7443")]
    [InlineData("eu.example:7443/link")]
    [InlineData(":7443")]
    [InlineData("a b:7443")]
    [InlineData("eu.example:+7443")]
    [InlineData("you@eu.example:7443")]
    public void Errors_LinkThatIsNoAddress_IsTold(string address) => AssertOnly(With(options => options.All["eu-west"].Links = "10.0.0.1:7443;" + address), $"Regions:All:eu-west:Links holds '{address}'");

    [Theory]
    [InlineData("eu.example:7443")]
    [InlineData("127.0.0.1:7443; [::1]:7443")]
    [InlineData("")]
    public void Errors_LinksThatAreAddresses_AreNone(string addresses) => Assert.Empty(RegionsCheck.Errors(With(options => options.All["eu-west"].Links = addresses)));

    [Fact]
    public void Errors_NamesUrlsAndListsThatAreNone_AreAllTold()
    {
        var errors = RegionsCheck.Errors(With(options =>
        {
            options.All["Sea_1"] = new RegionOptions();
            options.All["eu-west"].PublicUrl = "eu.example";
            options.All["eu-west"].Kinds = "match; news";
            options.Standby = "Match,*";
            options.Homes["Big Game"] = "us-east";
        }));
        Assert.Equal(5, errors.Count);
        foreach (var part in (string[])["'Sea_1'", "PublicUrl is 'eu.example'", "Kinds holds 'match; news'", "Standby holds 'Match'", "Homes names 'Big Game'"])
        {
            Assert.Contains(errors, error => error.Contains(part, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void KindErrors_SeveralRegionsNoDefault_NamesEveryKindWithoutAHome()
    {
        var options = With(options => (options.DefaultHome, options.Homes["match"]) = (null, "us-east"));
        var errors = RegionsCheck.KindErrors(options, Kinds);
        Assert.Equal(2, errors.Count);
        Assert.StartsWith("Topic kind 'news' has no home", errors[0], StringComparison.Ordinal);
        Assert.StartsWith("Topic kind 'ticker' has no home", errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public void KindErrors_KindsThatDoNotExist_AreTold()
    {
        var errors = RegionsCheck.KindErrors(With(options => (options.Homes["machs"], options.Standby) = ("us-east", "news,tickets")), Kinds);
        Assert.Equal(2, errors.Count);
        Assert.Contains("Regions:Homes:machs", errors[0], StringComparison.Ordinal);
        Assert.Contains("'tickets'", errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateErrors_OwnFiles_AreNone()
    {
        using var issued = new TestCertificates("eu-west");
        Assert.Empty(RegionsCheck.CertificateErrors(Certified(issued, "eu-west")));
    }

    [Fact]
    public void CertificateErrors_AnotherRegionsFiles_AreTold()
    {
        using var issued = new TestCertificates("ap-south");
        var error = Assert.Single(RegionsCheck.CertificateErrors(Certified(issued, "ap-south")));
        Assert.Contains("is region 'ap-south', but Regions:Name is 'eu-west'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateErrors_OfAnotherAuthority_AreTold()
    {
        using var issued = new TestCertificates("eu-west");
        using var other = new TestCertificates();
        var options = Certified(issued, "eu-west");
        options.Authority = other.Authority;
        Assert.Contains("of no use for links", Assert.Single(RegionsCheck.CertificateErrors(options)), StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateErrors_NoFiles_AreTold() => Assert.Contains("Regions:Certificate is not set", Assert.Single(RegionsCheck.CertificateErrors(World())), StringComparison.Ordinal);

    /// <summary>Expired: the region still serves its own topics, and its links say why they are down.</summary>
    [Fact]
    public void CertificateErrors_Expired_AreNone()
    {
        using var issued = new TestCertificates("eu-west");
        using var expired = issued.Make("eu-west.region", age: TimeSpan.FromDays(365.5));
        File.WriteAllText(issued.CertificateOf("eu-west"), expired.ExportCertificatePem());
        File.WriteAllText(issued.KeyOf("eu-west"), System.Security.Cryptography.X509Certificates.ECDsaCertificateExtensions.GetECDsaPrivateKey(expired)!.ExportPkcs8PrivateKeyPem());
        Assert.Empty(RegionsCheck.CertificateErrors(Certified(issued, "eu-west")));
    }

    /// <summary>Every region with at most one upstream, any other or itself.</summary>
    private static readonly Gen<int[]> Upstreams = Gen.Int[0, 9].SelectMany(count => Gen.Int[-1, Math.Max(0, count - 1)].Array[count]);

    [Fact]
    public void Loops_AnyUpstreams_AreToldOnceEachAndAreWays() => Upstreams.Sample(upstreams =>
    {
        var options = new RegionsOptions();
        for (var i = 0; i < upstreams.Length; i++) options.All[Name(i)] = new RegionOptions { Upstream = upstreams[i] < 0 ? null : Name(upstreams[i]) };
        var seen = new HashSet<string>();
        foreach (var loop in RegionsCheck.Loops(options))
        {
            var way = loop.Split(" -> ");
            Assert.Equal(way[0], way[^1]);
            for (var i = 0; i + 1 < way.Length; i++)
            {
                Assert.Equal(way[i + 1], options.All[way[i]].Upstream);
                Assert.True(seen.Add(way[i]), $"{way[i]} is in two loops or twice in one");
            }
        }

        Assert.Equal(OnLoops(upstreams).Select(Name).Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
    });

    /// <summary>What the settings say about ways holds for the tree that is built from them: without a loop every way ends, at the home.</summary>
    [Fact]
    public void UpstreamTo_NoLoops_EndsAtTheHome() => Upstreams.Where(upstreams => upstreams.Length > 0 && !OnLoops(upstreams).Any()).Sample(upstreams =>
    {
        for (var home = 0; home < upstreams.Length; home++)
        {
            for (var start = 0; start < upstreams.Length; start++)
            {
                var at = Name(start);
                for (var steps = 0; at != Name(home); steps++)
                {
                    Assert.True(steps < upstreams.Length);
                    at = TreeOf(at, upstreams).UpstreamTo(Name(home))!;
                }
            }
        }
    });

    /// <summary>Regions from which following upstreams leads back to themselves.</summary>
    private static IEnumerable<int> OnLoops(int[] upstreams) => Enumerable.Range(0, upstreams.Length).Where(start =>
    {
        var at = upstreams[start];
        for (var steps = 0; at >= 0 && at != start && steps < upstreams.Length; steps++) at = upstreams[at];
        return at == start;
    });

    private static RegionTree TreeOf(string name, int[] upstreams)
    {
        var options = new RegionsOptions { Name = name };
        for (var i = 0; i < upstreams.Length; i++) options.All[Name(i)] = new RegionOptions { Upstream = upstreams[i] < 0 ? null : Name(upstreams[i]) };
        return new RegionTree(options);
    }

    private static string Name(int region) => "r" + region.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static RegionsOptions World() => new()
    {
        Name = "eu-west",
        DefaultHome = "us-east",
        All =
        {
            ["us-east"] = new RegionOptions { Links = "us.example:7443;us2.example:7443", PublicUrl = "https://us.example" },
            ["eu-west"] = new RegionOptions { Links = "eu.example:7443" },
            ["ap-south"] = new RegionOptions { Upstream = "us-east", Kinds = "match,news" },
        },
    };

    private static RegionsOptions With(Action<RegionsOptions> change)
    {
        var options = World();
        change(options);
        return options;
    }

    private static RegionsOptions Certified(TestCertificates issued, string region) => With(options =>
        (options.Certificate, options.CertificateKey, options.Authority) = (issued.CertificateOf(region), issued.KeyOf(region), issued.Authority));

    private static void AssertOnly(RegionsOptions options, params string[] parts)
    {
        var error = Assert.Single(RegionsCheck.Errors(options));
        foreach (var part in parts) Assert.Contains(part, error, StringComparison.Ordinal);
    }
}
