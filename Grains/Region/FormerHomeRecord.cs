using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Region;

/// <summary>Stored form of a former home's comparison; immutable.</summary>
internal sealed record FormerHomeRecord
{
    private const int MaxLost = 1000;

    public long Number { get; init; }

    public string Region { get; init; } = "";

    public bool IsDone { get; init; }

    public int Shard { get; init; }

    public long After { get; init; }

    public IReadOnlyList<Part> Lost { get; init; } = [];

    public long LostMore { get; init; }

    public Term Home => new(Number, Region);

    /// <summary>After a page of the catalogue.</summary>
    public FormerHomeRecord Next(CataloguePage page, IReadOnlyList<LostPart> found)
    {
        var lost = new List<Part>(Lost);
        foreach (var part in found)
        {
            if (lost.Count < MaxLost) lost.Add(Part.Of(part));
        }

        var shard = page.More ? Shard : Shard + 1;
        return this with
        {
            Lost = lost,
            LostMore = LostMore + Lost.Count + found.Count - lost.Count,
            Shard = shard,
            After = page.More ? page.First + page.Keys.Length - 1 : 0,
            IsDone = shard >= CatalogueKey.Shards,
        };
    }

    public FormerHome ToReport(string problem)
    {
        var lost = new LostPart[Lost.Count];
        for (var i = 0; i < lost.Length; i++) lost[i] = Lost[i].ToPart();
        return new FormerHome(Home, IsDone, problem, lost, LostMore);
    }

    /// <summary>Stored form of a <see cref="LostPart"/>.</summary>
    internal sealed record Part
    {
        public string Topic { get; init; } = "";

        public string Top { get; init; } = "";

        public long From { get; init; }

        public long KeptFrom { get; init; }

        public static Part Of(LostPart part) => new() { Topic = part.Topic, Top = part.Top.ToString(), From = part.From, KeptFrom = part.KeptFrom };

        public LostPart ToPart() => new(Topic, Position.TryParse(Top, out var top) ? top : default, From, KeptFrom);
    }
}
