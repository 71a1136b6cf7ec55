namespace E2EEvents.Testing.Servers;

/// <summary>A real SQL database that a region can stand on.</summary>
public abstract class DatabaseServer : RealServer
{
    /// <summary>True: a commit is on disk before it is acknowledged, for crash tests. Default: false, which is faster.</summary>
    public bool Durable { get; init; }

    /// <summary>How processes of ours reach it, as its owner; for <c>Cluster:Sql</c>.</summary>
    public abstract string ConnectionString { get; }
}
