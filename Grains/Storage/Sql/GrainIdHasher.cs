using System.Text;
using Orleans.Storage;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>
/// Orleans' AdoNet persistence keys a record by its name and the grain's key, without the grain's type, and reads "05" and "5" as the same number.
/// The hash, which is part of the key, is therefore made from the whole grain id.
/// </summary>
internal sealed class GrainIdHasher : IStorageHasherPicker
{
    public ICollection<IHasher> HashProviders => [];

    public IHasher PickHasher<T>(string serviceId, string storageProviderInstanceName, string grainType, GrainId grainId, IGrainState<T> grainState, string? tag = null) => new Of(grainId);

    private sealed class Of(GrainId grain) : IHasher
    {
        public string Description => "Stable hash of the whole grain id.";

        public int Hash(byte[] data) => (int)StableHash.ComputeHash([.. data, .. Encoding.UTF8.GetBytes(grain.ToString())]);
    }
}
