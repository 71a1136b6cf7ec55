using System.Collections.Concurrent;
using System.Linq;
using E2EEvents.Grains.Storage;
using Orleans.Storage;

namespace E2EEvents.Grains.Tests.Cluster;

/// <summary>What a storage does with one write.</summary>
internal enum WriteFault
{
    None,

    /// <summary>Stores nothing and fails.</summary>
    Fails,

    /// <summary>Stores, and fails all the same: the writer cannot know.</summary>
    FailsAfterStoring,
}

/// <summary>Storage that outlives the silos of a test and fails when told to. Everything goes through the product's serializer.</summary>
internal sealed class TestStorage : IGrainStorage
{
    private readonly JsonStorageSerializer _serializer = new();
    private readonly ConcurrentDictionary<(string Name, GrainId Grain), (BinaryData Data, string ETag)> _records = new();
    private int _etag;

    /// <summary>Asked before each write.</summary>
    public Func<string, GrainId, Task<WriteFault>> OnWrite { get; set; } = (_, _) => Task.FromResult(WriteFault.None);

    /// <summary>Writes done, by grain.</summary>
    public ConcurrentDictionary<GrainId, int> Writes { get; } = new();

    public string? TextOf(string name, GrainId grain) => _records.TryGetValue((name, grain), out var found) ? found.Data.ToString() : null;

    /// <summary>All that is stored now; call the result to have it back, as from a backup.</summary>
    public Action Backup()
    {
        var kept = _records.ToArray();
        return () =>
        {
            _records.Clear();
            foreach (var (key, value) in kept) _records[key] = value;
        };
    }

    /// <summary>Stores a record as an earlier version would have.</summary>
    public void Put(string name, GrainId grain, string json) => _records[(name, grain)] = (BinaryData.FromString(json), "0");

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        grainState.RecordExists = _records.TryGetValue((stateName, grainId), out var found);
        if (grainState.RecordExists) (grainState.State, grainState.ETag) = (_serializer.Deserialize<T>(found.Data), found.ETag);
        return Task.CompletedTask;
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        var data = _serializer.Serialize(grainState.State);
        var fault = await OnWrite(stateName, grainId);
        if (fault == WriteFault.Fails) throw new IOException("the storage failed as told");
        var etag = Interlocked.Increment(ref _etag).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var key = (stateName, grainId);
        var stored = grainState.ETag is null
            ? _records.TryAdd(key, (data, etag))
            : _records.TryGetValue(key, out var known) && known.ETag == grainState.ETag && _records.TryUpdate(key, (data, etag), known);
        if (!stored) throw new InconsistentStateException($"{stateName} of {grainId} was written by someone else.");
        Writes.AddOrUpdate(grainId, 1, static (_, n) => n + 1);
        if (fault == WriteFault.FailsAfterStoring) throw new IOException("the storage failed after storing, as told");
        grainState.ETag = etag;
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _records.TryRemove((stateName, grainId), out _);
        (grainState.RecordExists, grainState.ETag) = (false, null);
        return Task.CompletedTask;
    }

    /// <summary>Records of this name, over all grains.</summary>
    public int CountOf(string name) => _records.Keys.Count(key => key.Name == name);
}
