namespace E2EEvents.Connectors.Sample;

/// <summary>One side during a match of the sample feed: who is on the pitch and what they have done.</summary>
internal sealed class MatchSide(Club club)
{
    private const int OnPitch = 11;

    // By position: keeper, defenders, midfielders, forwards.
    private static readonly int[] ScoringWeights = [0, 1, 1, 1, 1, 3, 3, 3, 3, 7, 7];

    private readonly List<(int Position, string Name)> _players = Start(club);
    private readonly Queue<string> _bench = new(club.Squad[OnPitch..]);
    private readonly HashSet<string> _booked = [];

    public Club Club => club;

    /// <summary>Goals that stand.</summary>
    public int Goals { get; set; }

    public bool CanSubstitute => _bench.Count > 0;

    public bool IsBooked(string player) => _booked.Contains(player);

    public void Book(string player) => _booked.Add(player);

    public void SendOff(string player) => _players.RemoveAll(p => p.Name == player);

    /// <summary>Somebody of the field players, forwards most likely, other than <paramref name="except"/>.</summary>
    public string Scorer(SampleRandom random, string? except = null)
    {
        var total = 0;
        foreach (var (position, name) in _players) total += name == except ? 0 : ScoringWeights[position];
        var ticket = random.Number(1, total);
        foreach (var (position, name) in _players)
        {
            if (name == except) continue;
            ticket -= ScoringWeights[position];
            if (ticket <= 0) return name;
        }

        throw new InvalidOperationException($"{club.Code} has no field player.");
    }

    /// <summary>A field player, each as likely as the next.</summary>
    public string FieldPlayer(SampleRandom random) => _players[random.Number(1, _players.Count - 1)].Name;

    /// <summary>Takers of a shoot-out: forwards first, over and over.</summary>
    public string Taker(int kick) => _players[_players.Count - 1 - (kick % _players.Count)].Name;

    public (string Off, string On) Substitute(SampleRandom random)
    {
        var index = random.Number(1, _players.Count - 1);
        var (position, off) = _players[index];
        var on = _bench.Dequeue();
        _players[index] = (position, on);
        return (off, on);
    }

    private static List<(int Position, string Name)> Start(Club club)
    {
        var players = new List<(int, string)>(OnPitch);
        for (var i = 0; i < OnPitch; i++) players.Add((i, club.Squad[i]));
        return players;
    }
}
