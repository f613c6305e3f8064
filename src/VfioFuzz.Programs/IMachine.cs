namespace VfioFuzz.Programs;

/// <summary>
/// The explorer's only view of a simulated machine: states are plain unmanaged values, and everything that may happen
/// next is a numbered choice. Implemented by structs, so that searches are compiled for each machine.
/// </summary>
/// <typeparam name="TState">The machine's whole state, equal by its bytes.</typeparam>
public interface IMachine<TState>
    where TState : unmanaged
{
    void Initial(out TState state);

    /// <summary>
    /// Writes every successor of <paramref name="state"/> into <paramref name="successors"/> with its label into
    /// <paramref name="labels"/>; returns how many, or -1 when a buffer is too small.
    /// </summary>
    int Successors(in TState state, Span<TState> successors, Span<ushort> labels);

    /// <summary>The label's words: kernel function and the point in it.</summary>
    string Describe(ushort label);

    /// <summary>A broken state rule, or null.</summary>
    StateViolation? Violation(in TState state);
}
