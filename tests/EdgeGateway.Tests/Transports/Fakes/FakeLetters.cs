using System.Linq;

namespace E2EEvents.EdgeGateway.Tests.Transports.Fakes;

/// <summary>Dead letters in a list, numbered from 1.</summary>
internal sealed class FakeLetters : IDeadLetterGrain
{
    private readonly List<DeadLetter> _letters = [];

    public IReadOnlyList<DeadLetter> Kept => _letters;

    public Task AddAsync(DeadLetter[] letters, CancellationToken cancellationToken)
    {
        foreach (var letter in letters) _letters.Add(letter with { Number = _letters.Count + 1 });
        return Task.CompletedTask;
    }

    public Task<DeadLetterPage> FindAsync(LetterQuery query, CancellationToken cancellationToken)
    {
        var found = _letters.Where(letter => letter.Number > query.After && (query.Before == 0 || letter.Number < query.Before) && (query.Topic is null || letter.Event.Topic.ToString() == query.Topic)).ToList();
        if (!query.OldestFirst) found.Reverse();
        return Task.FromResult(new DeadLetterPage([.. found.Take(query.Max)], _letters.Count, 0, _letters.Count, found.Count > query.Max));
    }

    public Task<DeadLetter?> GetAsync(long number, CancellationToken cancellationToken) => Task.FromResult(_letters.Find(letter => letter.Number == number));

    public Task<int> RemoveAsync(long[] numbers, CancellationToken cancellationToken) => Task.FromResult(_letters.RemoveAll(letter => numbers.Contains(letter.Number)));

    public Task RefusedAsync(long number, string reason, CancellationToken cancellationToken)
    {
        var at = _letters.FindIndex(letter => letter.Number == number);
        _letters[at] = _letters[at] with { Reason = reason };
        return Task.CompletedTask;
    }
}
