namespace VfioFuzz.Simulation.Exploring;

/// <summary>A machine's state, and how far the one program is of which a search tries all schedules.</summary>
internal struct WitnessState
{
    public ExploredState Explored;

    /// <summary>Bit i: line i has neither started nor been left out.</summary>
    public ulong Pending;

    /// <summary>The par block that has begun; lines of it need not wait for each other.</summary>
    public byte Block;

    /// <summary>Lines started, when lines may be left out; 0 otherwise, so that equal futures are equal states.</summary>
    public byte Started;

    /// <summary>Bit i: the i-th watched line gave the answer it was watched for.</summary>
    public byte Watched;
}
