namespace E2EEvents.EdgeGateway.Fanout;

internal enum WorkKind
{
    Publish,
    Open,
    Attach,
    Write,
    Written,
    CatchUp,
    Detach,
    Leave,
    Pong,
    Freshness,
    Close,
    CloseShare,
    Slow,
    Tick,
    Due,
    Stop,
}

internal readonly record struct Work(WorkKind Kind, object Target, object? Argument);
