namespace E2EEvents.Connectors.Sample;

/// <summary>Pseudo-random numbers that are the same for ever for the same seed (SplitMix64); <see cref="Random"/> promises that within one version of .NET only.</summary>
internal sealed class SampleRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>A seed of its own for one purpose.</summary>
    public static ulong Seed(ulong seed, string purpose, long number = 0)
    {
        var hash = Mix(seed ^ Mix((ulong)number + 0x9e3779b97f4a7c15));
        foreach (var c in purpose) hash = Mix(hash ^ c);
        return hash;
    }

    /// <summary>From 0 up to but not including 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>From <paramref name="min"/> to <paramref name="max"/>, both included.</summary>
    public int Number(int min, int max) => min + (int)(Fraction() * (max - min + 1));

    /// <summary>True in the given share of cases.</summary>
    public bool Chance(double share) => Fraction() < share;

    /// <summary>Normally distributed with mean 0 and deviation 1.</summary>
    public double Normal() => Math.Sqrt(-2 * Math.Log(1 - Fraction())) * Math.Cos(2 * Math.PI * Fraction());

    public T Pick<T>(IReadOnlyList<T> items) => items[Number(0, items.Count - 1)];

    public void Shuffle<T>(T[] items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var other = Number(0, i);
            (items[i], items[other]) = (items[other], items[i]);
        }
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
        value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
        return value ^ (value >> 31);
    }

    private ulong Next() => Mix(_state += 0x9e3779b97f4a7c15);
}
