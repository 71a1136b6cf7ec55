using System.Globalization;
using System.Linq;
using System.Text;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>Dead letters and the catalogue as their grains store them.</summary>
public sealed class DeadLetterTests
{
    [Fact]
    public async Task Add_MoreThanTheBound_KeepsTheNewestAndCountsAlsoAfterARestart()
    {
        await using var region = await TestRegion.StartAsync(1, ("DeadLetters:KeepPerKind", "3"));
        var grain = Letters(region);
        for (ulong i = 1; i <= 5; i++) await grain.AddAsync([Letter(i)], CancellationToken.None);
        await grain.AddAsync([Letter(5)], CancellationToken.None); // told twice: kept once
        await region.Cluster.DeactivateAsync(grain);
        var page = await grain.FindAsync(new LetterQuery(2), CancellationToken.None);
        Assert.Equal((5, 2, 3, true), (page.Total, page.Dropped, page.Waiting, page.More));
        Assert.Equal([5, 4], page.Letters.Select(letter => letter.Number));
        Assert.Equal("é\0", Encoding.UTF8.GetString(page.Letters[0].Event.Data));
    }

    [Fact]
    public async Task Add_ManyAtOnce_ShareWrites()
    {
        await using var region = await TestRegion.StartAsync();
        var grain = Letters(region);
        region.Storage.OnWrite = async (_, _) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            return WriteFault.None;
        };
        await Task.WhenAll(Enumerable.Range(1, 50).Select(i => grain.AddAsync([Letter((ulong)i)], CancellationToken.None)));
        Assert.Equal(50, (await grain.FindAsync(new LetterQuery(100), CancellationToken.None)).Total);
        Assert.InRange(region.Storage.Writes.Values.Sum(), 2, 10);
    }

    [Fact]
    public async Task RemoveAndRefused_ThenARestart_AreRememberedAndEmptyPagesGo()
    {
        await using var region = await TestRegion.StartAsync();
        var grain = Letters(region);
        await grain.AddAsync([.. Enumerable.Range(1, 200).Select(i => Letter((ulong)i))], CancellationToken.None);
        Assert.Equal(4, region.Storage.CountOf("dead-letters-page"));
        Assert.Equal(128, await grain.RemoveAsync([.. Enumerable.Range(1, 128).Select(i => (long)i), 5000], CancellationToken.None));
        Assert.Equal(0, await grain.RemoveAsync([1], CancellationToken.None));
        await grain.RefusedAsync(200, "again", CancellationToken.None);
        Assert.Equal(2, region.Storage.CountOf("dead-letters-page"));
        await region.Cluster.DeactivateAsync(grain);
        var page = await grain.FindAsync(new LetterQuery(100, OldestFirst: true), CancellationToken.None);
        Assert.Equal((200, 0, 72, 129), (page.Total, page.Dropped, page.Waiting, page.Letters[0].Number));
        Assert.Equal("again", (await grain.GetAsync(200, CancellationToken.None))!.Reason);
        Assert.Null(await grain.GetAsync(1, CancellationToken.None));
        await grain.AddAsync([Letter(1)], CancellationToken.None); // gone, so it may come again
        Assert.Equal(201, (await grain.FindAsync(new LetterQuery(1), CancellationToken.None)).Letters[0].Number);
    }

    // A page that a failed attempt has stored, but no list names, is replaced by the next attempt.
    [Fact]
    public async Task Add_FailsAfterThePageIsStored_IsTakenTheNextTime()
    {
        await using var region = await TestRegion.StartAsync();
        region.Logs.Expect(1007);
        var grain = Letters(region);
        region.Storage.OnWrite = (name, _) => Task.FromResult(name == "dead-letters-list" ? WriteFault.Fails : WriteFault.None);
        await Assert.ThrowsAnyAsync<Exception>(() => grain.AddAsync([Letter(1)], CancellationToken.None));
        region.Storage.OnWrite = (_, _) => Task.FromResult(WriteFault.None);
        await grain.AddAsync([Letter(1), Letter(2)], CancellationToken.None);
        await region.Cluster.DeactivateAsync(grain);
        Assert.Equal([2, 1], (await grain.FindAsync(new LetterQuery(10), CancellationToken.None)).Letters.Select(letter => letter.Number));
    }

    [Fact]
    public async Task Read_OldFormOfOneRecord_IsStoredInPagesWithTheNextChange()
    {
        await using var region = await TestRegion.StartAsync();
        var grain = Letters(region);
        region.Storage.Put("dead-letters", grain.GetGrainId(), """{"dropped":7,"letters":[{"kind":"k","key":"a","data":"{}","source":"s","eventId":"1","reason":"bad","at":1}]}""");
        Assert.Equal(8, Assert.Single((await grain.FindAsync(new LetterQuery(10), CancellationToken.None)).Letters).Number);
        await grain.AddAsync([Letter(1)], CancellationToken.None);
        await region.Cluster.DeactivateAsync(grain);
        var page = await grain.FindAsync(new LetterQuery(10), CancellationToken.None);
        Assert.Equal((9, 7, 2), (page.Total, page.Dropped, page.Waiting));
        Assert.Null(region.Storage.TextOf("dead-letters", grain.GetGrainId()));

        // While silos are updated one after the other, one of the version before may store letters once more.
        region.Storage.Put("dead-letters", grain.GetGrainId(), """{"dropped":0,"letters":[{"kind":"k","key":"a","data":"{}","source":"s","eventId":"2","reason":"late","at":1}]}""");
        await region.Cluster.DeactivateAsync(grain);
        page = await grain.FindAsync(new LetterQuery(10), CancellationToken.None);
        Assert.Equal((10, 3, "late"), (page.Total, page.Waiting, page.Letters[0].Reason));
    }

    [Fact]
    public async Task Catalogue_MoreThanAPage_WritesOnePageForAnAdditionAndListsAllInOrder()
    {
        await using var region = await TestRegion.StartAsync();
        var catalogue = region.Cluster.Client.GetGrain<ICatalogueGrain>("test-every/0");
        var keys = Enumerable.Range(0, 2500).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        await catalogue.AddAsync(keys[..2000], CancellationToken.None);
        await catalogue.AddAsync(keys[2000..2499], CancellationToken.None);
        var before = region.Storage.Writes.Values.Sum();
        await catalogue.AddAsync([keys[2499], keys[3]], CancellationToken.None);
        Assert.Equal(before + 1, region.Storage.Writes.Values.Sum());
        Assert.Equal(3, region.Storage.CountOf("catalogue-page"));
        await region.Cluster.DeactivateAsync(catalogue);
        Assert.Equal(keys, await ListAsync(catalogue));
        await catalogue.AddAsync(["new"], CancellationToken.None);
        await region.Cluster.DeactivateAsync(catalogue);
        Assert.Equal<IEnumerable<string>>([.. keys, "new"], await ListAsync(catalogue));
    }

    [Fact]
    public async Task Catalogue_OldFormOfOneRecord_IsStoredInPagesWithTheNextAdditionAlsoAfterAFailure()
    {
        await using var region = await TestRegion.StartAsync();
        region.Logs.Expect(1007);
        var catalogue = region.Cluster.Client.GetGrain<ICatalogueGrain>("test-every/0");
        var keys = Enumerable.Range(0, 1500).Select(i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
        region.Storage.Put("catalogue", catalogue.GetGrainId(), $$"""{"keys":[{{string.Join(',', keys.Select(key => $"\"{key}\""))}}]}""");
        Assert.Equal(keys, await ListAsync(catalogue));
        var writes = 0;
        region.Storage.OnWrite = (name, _) => Task.FromResult(name == "catalogue-page" && ++writes == 2 ? WriteFault.Fails : WriteFault.None);
        await Assert.ThrowsAnyAsync<Exception>(() => catalogue.AddAsync(["new"], CancellationToken.None));
        await catalogue.AddAsync(["new"], CancellationToken.None);
        Assert.Null(region.Storage.TextOf("catalogue", catalogue.GetGrainId()));
        await region.Cluster.DeactivateAsync(catalogue);
        Assert.Equal<IEnumerable<string>>([.. keys, "new"], await ListAsync(catalogue));
    }

    private static async Task<string[]> ListAsync(ICatalogueGrain catalogue)
    {
        var keys = new List<string>();
        while (true)
        {
            var page = await catalogue.ListHereAsync(keys.Count, 1000, CancellationToken.None);
            Assert.Equal(keys.Count + 1, page.First);
            keys.AddRange(page.Keys);
            if (!page.More) return [.. keys];
        }
    }

    private static IDeadLetterGrain Letters(TestRegion region) => region.Cluster.Client.GetGrain<IDeadLetterGrain>("k");

    private static DeadLetter Letter(ulong i) => new(An.Event(new TopicKey("k", "a"), "é\0", An.Seq(i)), i.ToString(CultureInfo.InvariantCulture), At: 1);
}
