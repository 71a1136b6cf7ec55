namespace E2EEvents.Connectors.Sample;

/// <summary>A club of the sample world.</summary>
/// <param name="Code">Three letters.</param>
/// <param name="Name">Full name.</param>
/// <param name="Ground">Where it plays at home.</param>
/// <param name="Squad">Sixteen players: keeper, four defenders, four midfielders, two forwards, five on the bench.</param>
internal sealed record Club(string Code, string Name, string Ground, string[] Squad);

/// <summary>The clubs of the sample world; all names are made up.</summary>
internal static class SampleClubs
{
    private const int SquadSize = 16;

    private static readonly (string Code, string Name, string Ground)[] Clubs =
    [
        ("NOR", "Northhaven United", "Quayside Park"),
        ("EBM", "Eastbridge Mills", "Weavers' Ground"),
        ("WAR", "Warrenfield Rovers", "The Burrow"),
        ("STC", "Stonecross City", "Cross Lane"),
        ("GRW", "Greywater Athletic", "Lock Street"),
        ("HOL", "Hollowmoor Town", "Moor End"),
        ("PEN", "Penfold Wanderers", "Fold Road"),
        ("ALD", "Alderwick Albion", "Alder Stadium"),
        ("KES", "Kestrel Bay", "The Perch"),
        ("RIV", "Riverton Rangers", "Ferry Meadow"),
        ("SAL", "Saltmarsh FC", "The Flats"),
        ("TOR", "Torrendale Victoria", "Victoria Fields"),
    ];

    private static readonly string[] Surnames =
    [
        "Abara", "Adler", "Almeida", "Andric", "Barlow", "Bastide", "Berg", "Bianchi", "Bosko", "Brandt", "Calloway", "Castell", "Cerny", "Chidi", "Costa",
        "Dahl", "Danso", "Delacour", "Drummond", "Eide", "Eklund", "Farrow", "Ferrante", "Fofana", "Galvez", "Gorski", "Grant", "Haddad", "Halloran", "Hoek",
        "Ibarra", "Ilic", "Jansen", "Jarvis", "Kante", "Keller", "Kovac", "Lund", "Lynch", "Mbeki", "Marlow", "Mendes", "Moreau", "Nagy", "Novak",
        "Okafor", "Olsen", "Osei", "Palmer", "Petrov", "Pires", "Quist", "Ramos", "Reyes", "Rossi", "Sandoval", "Sato", "Silva", "Sorensen", "Stark",
        "Tanaka", "Thorne", "Toure", "Ueda", "Vale", "Varga", "Vidal", "Weber", "Whitlock", "Yilmaz", "Zeman", "Zubiri",
    ];

    /// <summary>All clubs, with squads that stay the same over the rounds of a seed. A new array.</summary>
    public static Club[] All(ulong seed)
    {
        var clubs = new Club[Clubs.Length];
        for (var i = 0; i < clubs.Length; i++)
        {
            var (code, name, ground) = Clubs[i];
            clubs[i] = new Club(code, name, ground, SquadOf(new SampleRandom(SampleRandom.Seed(seed, "squad/" + code))));
        }

        return clubs;
    }

    private static string[] SquadOf(SampleRandom random)
    {
        string[] names = [.. Surnames];
        random.Shuffle(names);
        var squad = names[..SquadSize];
        for (var i = 0; i < squad.Length; i++) squad[i] = $"{(char)('A' + random.Number(0, 25))}. {squad[i]}";
        return squad;
    }
}
