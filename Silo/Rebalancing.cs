using Orleans.Configuration;

namespace E2EEvents.Silo;

/// <summary>Moves grains from full silos to emptier ones.</summary>
internal static class Rebalancing
{
    /// <summary>Grains that move at once: each that is called again reads its record, and its followers follow anew.</summary>
    private const int MostAtOnce = 500;

    public static void Add(ISiloBuilder silo, TimeSpan every)
    {
#pragma warning disable ORLEANSEXP002 // Experimental: a silo that joins would otherwise get none of the topics that are followed without a pause. Off with Silo:RebalanceEvery.
        silo.AddActivationRebalancer();
#pragma warning restore ORLEANSEXP002
        silo.Configure<ActivationRebalancerOptions>(options =>
        {
            options.RebalancerDueTime = every * 2;
            options.SessionCyclePeriod = every;
            options.ActivationMigrationCountLimit = MostAtOnce;
            options.CycleNumberWeight = 1; // few, larger moves
        });
    }
}
