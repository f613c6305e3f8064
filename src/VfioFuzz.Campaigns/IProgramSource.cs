using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns;

/// <summary>
/// A sequence of programs: program i depends on the seed and on i alone, so that any one of them can be drawn again without the
/// others.
/// </summary>
public interface IProgramSource
{
    /// <summary>The lanes that programs belong to, in the order of their numbers.</summary>
    IReadOnlyList<string> Lanes { get; }

    /// <summary>The lane of program <paramref name="index"/>, as an index into <see cref="Lanes"/>.</summary>
    int LaneOf(int index);

    Program Draw(ulong seed, int index);
}
