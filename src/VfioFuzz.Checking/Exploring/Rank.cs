namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// How far a state is from the initial one: operations first, then steps of any kind. 15 bits, so that a table can keep it beside each
/// fingerprint and a path can be found again without parents.
/// </summary>
internal readonly record struct Rank(ushort Value) : IComparable<Rank>
{
    private const int StepBits = 11;

    /// <summary>Most operations of a search.</summary>
    public const int OperationsMax = (1 << 15 - StepBits) - 1;

    /// <summary>Most steps of a path; the last number is never given out.</summary>
    public const int StepsMax = (1 << StepBits) - 2;

    public int Operations => Value >> StepBits;

    public int Steps => Value & ((1 << StepBits) - 1);

    /// <summary>The rank after one more step, which costs an operation or none.</summary>
    public Rank Next(bool operation) => new((ushort)(Value + (operation ? 1 << StepBits : 0) + 1));

    /// <summary>Whether a path may go on from here: the last number of steps is never given out.</summary>
    public bool IsLast => Steps == StepsMax;

    public int CompareTo(Rank other) => Value.CompareTo(other.Value);

    public override string ToString() => $"{Operations} operations, {Steps} steps";
}
