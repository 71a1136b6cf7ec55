using Orleans.Storage;

namespace E2EEvents.Grains.Storage;

/// <summary>One stored record of one grain, read once and then written with compare and swap; every wait has a deadline.</summary>
/// <param name="storage">Where.</param>
/// <param name="name">Name of the record, fixed for ever.</param>
/// <param name="grain">Whose.</param>
/// <param name="timeout">Longest wait for one access.</param>
/// <param name="time">Clock of the deadline.</param>
internal sealed class StoredRecord<T>(IGrainStorage storage, string name, GrainId grain, TimeSpan timeout, TimeProvider time)
    where T : class, new()
{
    private readonly GrainState<T> _state = new(new T());

    /// <summary>What is stored; null = nothing.</summary>
    public async Task<T?> ReadAsync(CancellationToken cancellationToken)
    {
        await storage.ReadStateAsync(name, grain, _state).WaitAsync(timeout, time, cancellationToken);
        return _state.RecordExists ? _state.State : null;
    }

    /// <summary>Removes what is stored; for its owner, the record is over.</summary>
    public Task ClearAsync() => storage.ClearStateAsync(name, grain, _state).WaitAsync(timeout, time);

    /// <summary>Stores a value. After any exception (someone else wrote, the storage failed, no answer in time) the owner must forget what it knows and read again.</summary>
    public Task WriteAsync(T value)
    {
        _state.State = value;
        return storage.WriteStateAsync(name, grain, _state).WaitAsync(timeout, time);
    }
}
