using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace E2EEvents.Grains.Storage.Sql;

/// <summary>How a silo uses its region's database; for the providers PostgreSql and MySql. Section <c>Storage</c>.</summary>
internal sealed class SqlOptions
{
    /// <summary>Whether a silo creates the tables where there are none. False: it says so and stops, and you run what the command <c>schema</c> prints. Default: true.</summary>
    public bool CreateSchema { get; set; } = true;

    /// <summary>Topics stored in one transaction. Default: 256. 1 = each by itself.</summary>
    [Range(1, 5000)]
    public int BatchRows { get; set; } = 256;

    /// <summary>Bytes of topics stored in one transaction; a larger topic goes alone. Default: 1 MiB. Keep it well under MySQL's <c>max_allowed_packet</c>.</summary>
    [Range(1024, 64 << 20)]
    public int BatchBytes { get; set; } = 1 << 20;

    /// <summary>Transactions of a silo under way at once. Default: 1: topics that wait for one fill the next; a second one mostly makes both smaller.</summary>
    [Range(1, 16)]
    public int Transactions { get; set; } = 1;

    /// <summary>Topics that may wait to be stored; one more fails at once and starts anew. Default: 20,000.</summary>
    [Range(100, 1_000_000)]
    public int QueuedWrites { get; set; } = 20_000;

    /// <summary>Topics read at once; others wait. Default: 16.</summary>
    [Range(1, 100)]
    public int Reads { get; set; } = 16;

    /// <summary>Longest wait for the database. Default: 8 s; less than <c>Topics:WriteTimeout</c>, so that a topic hears the reason.</summary>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>Pause between looks at whether the database can be written to, while no topic shows it. Default: 2 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ProbeEvery { get; set; } = TimeSpan.FromSeconds(2);
}

[OptionsValidator]
internal sealed partial class SqlOptionsValidator : IValidateOptions<SqlOptions>;
