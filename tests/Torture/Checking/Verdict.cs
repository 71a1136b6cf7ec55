using System.Text.Json;
using E2EEvents.Testing.Clients;
using E2EEvents.Torture.Load;

namespace E2EEvents.Torture.Checking;

/// <summary>What was done and what was found; the last line of a run. All of <c>lost</c> to <c>wrongAnswers</c> must be 0. Counts of what is wrong are of clients or topics that saw it, not of events.</summary>
internal sealed class Verdict
{
    private const int Shown = 20;
    private readonly Lock _lock = new();

    /// <summary>What is wrong, for a person.</summary>
    public List<string> Problems { get; } = [];

    public double Minutes { get; set; }

    public int Seed { get; set; }

    /// <summary>Faults by name.</summary>
    public SortedDictionary<string, int> Faults { get; } = [];

    public int Kills { get; set; }

    public long Events { get; set; }

    public long Published { get; set; }

    public long Poison { get; set; }

    public int Clients { get; set; }

    public long Reconnects { get; set; }

    /// <summary>Gaps that clients were told of: honest, and none is needed as long as histories reach.</summary>
    public int ToldGaps { get; set; }

    public int Lost { get; set; }

    public int Repeated { get; set; }

    public int Reordered { get; set; }

    public int SilentGaps { get; set; }

    public int UnexplainedEpochs { get; set; }

    /// <summary>A publisher was told a wrong position, dead letters are missing, or something else that was promised.</summary>
    public int WrongAnswers { get; set; }

    public bool Passed => Lost + Repeated + Reordered + SilentGaps + UnexplainedEpochs + WrongAnswers == 0;

    public void Add(Flaw flaw)
    {
        lock (_lock)
        {
            if (flaw.Kind == FlawKind.Lost) Lost++;
            else if (flaw.Kind == FlawKind.Repeated) Repeated++;
            else Reordered++;
            Note(flaw.What);
        }
    }

    /// <summary>Something that is wrong and counted elsewhere.</summary>
    public void Note(string problem)
    {
        lock (_lock)
        {
            Problems.Add(problem);
        }
    }

    /// <summary>Adds what a client saw.</summary>
    public void Add(Transcript transcript, Flaw? flaw)
    {
        if (flaw is not null) Add(flaw);
        else if (transcript.Breach is { } breach)
        {
            SilentGaps++;
            Note(breach);
        }

        foreach (var gap in transcript.Gaps)
        {
            if (gap == "epoch") UnexplainedEpochs++;
            else ToldGaps++;
        }

        if (transcript.Gaps.Contains("epoch")) Note($"{transcript.Topic}: a new epoch on storage that is declared durable.");
    }

    /// <summary>Both together.</summary>
    public Verdict And(Verdict other)
    {
        foreach (var (name, count) in other.Faults) Faults[name] = Faults.GetValueOrDefault(name) + count;
        Problems.AddRange(other.Problems);
        (Minutes, Kills, Events, Published, Poison) = (Minutes + other.Minutes, Kills + other.Kills, Events + other.Events, Published + other.Published, Poison + other.Poison);
        (Clients, Reconnects, ToldGaps, Lost, Repeated) = (Clients + other.Clients, Reconnects + other.Reconnects, ToldGaps + other.ToldGaps, Lost + other.Lost, Repeated + other.Repeated);
        (Reordered, SilentGaps, UnexplainedEpochs, WrongAnswers) = (Reordered + other.Reordered, SilentGaps + other.SilentGaps, UnexplainedEpochs + other.UnexplainedEpochs, WrongAnswers + other.WrongAnswers);
        return this;
    }

    public void Write()
    {
        foreach (var problem in Problems.GetRange(0, Math.Min(Shown, Problems.Count))) Console.WriteLine("WRONG: " + problem);
        if (Problems.Count > Shown) Console.WriteLine($"… and {Problems.Count - Shown} more.");
        Console.WriteLine(JsonSerializer.Serialize(
            new
            {
                Passed, Minutes = Math.Round(Minutes, 1), Seed, Kills, Faults, Events, Published, Poison, Clients, Reconnects, ToldGaps, Lost, Repeated, Reordered, SilentGaps, UnexplainedEpochs, WrongAnswers,
            },
            JsonSerializerOptions.Web));
    }
}
