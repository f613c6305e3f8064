using System.Runtime.InteropServices;
using VfioFuzz.Programs;

namespace VfioFuzz.Exploring.Benchmark;

/// <summary>
/// The empty step: successors are copies of a state with another number in it, never seen before. What a search of it costs is copying,
/// packing, fingerprint, probe and frontier for states of that size, and nothing else.
/// </summary>
/// <typeparam name="TState">The state whose size is asked about; at least 128 bytes.</typeparam>
internal readonly struct EmptyMachine<TState>(long states) : IMachine<TState>
    where TState : unmanaged
{
    /// <summary>As the full design's states have between two and three transitions each.</summary>
    private const int Branches = 2;

    /// <summary>Words that differ from the initial state, as about so many do of the full design.</summary>
    private const int Differing = 24;

    public int SuccessorsMax => Branches;

    public void Initial(out TState state) => state = default;

    public int Successors(in TState state, bool operations, Span<TState> successors, Span<Choice> choices)
    {
        var number = WordsOf(in state)[0];
        var count = 0;
        for (ulong branch = 1; branch <= Branches && Branches * number + branch < (ulong)states; branch++)
        {
            successors[count] = state;
            var words = MemoryMarshal.Cast<TState, ulong>(successors.Slice(count, 1));
            words[..Differing].Fill(Branches * number + branch);
            choices[count++] = Choice.Step((int)branch);
        }
        return count;
    }

    public Onward Pass(in TState state, bool operations, out TState behind)
    {
        behind = default;
        return Onward.EveryWay;
    }

    public int Findings(in TState state, bool isFinal, Span<ulong> findings) => 0;

    public ulong Weight(in TState state) => 1;

    public string Describe(Choice choice) => "copy";

    public string Describe(ulong finding) => "none";

    private static ReadOnlySpan<ulong> WordsOf(in TState state) => MemoryMarshal.Cast<TState, ulong>(new ReadOnlySpan<TState>(in state));
}
