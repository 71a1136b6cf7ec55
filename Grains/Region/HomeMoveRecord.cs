using E2EEvents.Grains.Interfaces.Regions;

namespace E2EEvents.Grains.Region;

/// <summary>Stored form of a move, and all that it needs to go on: immutable.</summary>
internal sealed record HomeMoveRecord
{
    /// <summary>Topics told of; the others are in the log.</summary>
    public const int MaxMissing = 1000;

    public string Kind { get; init; } = "";

    public bool IsForced { get; init; }

    public string From { get; init; } = "";

    public long Number { get; init; }

    public string Region { get; init; } = "";

    public MovePhase Phase { get; init; } = MovePhase.Done;

    /// <summary>Place in the catalogue: everything before it is here.</summary>
    public int Shard { get; init; }

    public long After { get; init; }

    public long Topics { get; init; }

    public long StartedAt { get; init; }

    public long EndedAt { get; init; }

    public string Problem { get; init; } = "";

    public IReadOnlyList<Part> Missing { get; init; } = [];

    public long MissingMore { get; init; }

    public Term To => new(Number, Region);

    public bool IsActive => StartedAt > 0 && Phase is not (MovePhase.Done or MovePhase.CalledOff);

    /// <summary>After a page of the catalogue.</summary>
    public HomeMoveRecord Next(CataloguePage page, MovePhase afterwards)
    {
        var next = this with
        {
            Topics = Topics + page.Keys.Length,
            Shard = page.More ? Shard : Shard + 1,
            After = page.More ? page.First + page.Keys.Length - 1 : 0,
        };
        return next.Shard < CatalogueKey.Shards ? next : next with { Phase = afterwards };
    }

    public HomeMoveRecord With(IReadOnlyList<MissingPart> found)
    {
        var missing = new List<Part>(Missing);
        foreach (var part in found)
        {
            if (missing.Count < MaxMissing) missing.Add(Part.Of(part));
        }

        return this with { Missing = missing, MissingMore = MissingMore + Missing.Count + found.Count - missing.Count };
    }

    public HomeMove ToMove(string problem)
    {
        var missing = new MissingPart[Missing.Count];
        for (var i = 0; i < missing.Length; i++) missing[i] = Missing[i].ToPart();
        return new HomeMove(Kind, IsForced, From, To, Phase, Topics, StartedAt, EndedAt, problem.Length > 0 ? problem : Problem, missing, MissingMore);
    }

    /// <summary>Stored form of a <see cref="MissingPart"/>.</summary>
    internal sealed record Part
    {
        public string Topic { get; init; } = "";

        public string Copied { get; init; } = "";

        public long CommittedAt { get; init; }

        public long SeenUpTo { get; init; }

        public static Part Of(MissingPart part) => new() { Topic = part.Topic, Copied = part.Copied.ToString(), CommittedAt = part.CommittedAt, SeenUpTo = part.SeenUpTo };

        public MissingPart ToPart() => new(Topic, Position.TryParse(Copied, out var copied) ? copied : default, CommittedAt, SeenUpTo);
    }
}
