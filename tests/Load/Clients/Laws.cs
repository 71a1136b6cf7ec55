namespace E2EEvents.Load.Clients;

/// <summary>How an envelope follows what its connection had of the topic.</summary>
internal enum Verdict
{
    /// <summary>The connection's first of this topic.</summary>
    First,

    /// <summary>As it must be: the next offset, or a later one of a latest-kind topic.</summary>
    Next,

    /// <summary>Offsets are missing or another epoch begins, and the client was told.</summary>
    Told,

    /// <summary>Another epoch of a latest-kind topic, which need not be told.</summary>
    NewEpoch,

    /// <summary>Breach: offsets are missing and nobody said so.</summary>
    Hole,

    /// <summary>Breach: an offset seen before, or a lower one.</summary>
    Repeat,

    /// <summary>Breach: another epoch, and nobody said so.</summary>
    UntoldEpoch,
}

/// <summary>The client contract, as far as it can be judged without keeping states.</summary>
internal static class Laws
{
    /// <param name="have">What the connection had; epoch 0 = nothing.</param>
    /// <param name="next">What arrived.</param>
    /// <param name="told">The gap that it names.</param>
    /// <param name="every">True if every change must arrive.</param>
    public static Verdict Judge(Position have, Position next, Gap told, bool every)
    {
        if (have.Epoch == 0) return Verdict.First;
        return Position.Classify(have, next) switch
        {
            Fit.Next => Verdict.Next,
            Fit.Duplicate => Verdict.Repeat,
            Fit.Gap when !every => Verdict.Next,
            Fit.Gap => told == Gap.None ? Verdict.Hole : Verdict.Told,
            _ when !every => Verdict.NewEpoch,
            _ => told == Gap.None ? Verdict.UntoldEpoch : Verdict.Told,
        };
    }
}
