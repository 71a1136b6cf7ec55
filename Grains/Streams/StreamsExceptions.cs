namespace E2EEvents.Streams;

/// <summary>Redis is not fit for these streams, or was set up by another configuration; retrying does not help.</summary>
public sealed class StreamsRefusedException(string message) : Exception(message);

/// <summary>Events were not appended, or it is not known whether they were (<see cref="IsUnknown"/>): append them again.</summary>
public sealed class StreamAppendException(string message, bool isUnknown, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True if the events may be in the log all the same: appending them again may bring them twice.</summary>
    public bool IsUnknown { get; } = isUnknown;
}
