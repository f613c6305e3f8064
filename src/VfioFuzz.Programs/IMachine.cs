namespace VfioFuzz.Programs;

/// <summary>
/// The explorer's only view of a machine: states are plain unmanaged values, and everything that may happen next is a numbered choice.
/// Implemented by structs, so that searches are compiled for each machine. Its fields are read-only; buffers behind them belong to one thread.
/// </summary>
/// <typeparam name="TState">The machine's whole state, equal by its bytes: a machine hands out canonical states only.</typeparam>
public interface IMachine<TState>
    where TState : unmanaged
{
    /// <summary>Most successors that a state can have.</summary>
    int SuccessorsMax { get; }

    /// <summary>The capacity that was exceeded when <see cref="Successors"/> said so, by name.</summary>
    string? Exhausted { get; }

    void Initial(out TState state);

    /// <summary>
    /// Writes the successors of <paramref name="state"/> and the choice that leads to each, in ascending order of choices: the order that
    /// <i>lexicographically first</i> speaks of. Returns how many, or -1 when a capacity of the machine (<see cref="Exhausted"/>) is exceeded.
    /// </summary>
    /// <param name="state">A canonical state.</param>
    /// <param name="operations">Whether choices that cost an operation are wanted, too.</param>
    /// <param name="successors">At least <see cref="SuccessorsMax"/> long.</param>
    /// <param name="choices">At least <see cref="SuccessorsMax"/> long.</param>
    int Successors(in TState state, bool operations, Span<TState> successors, Span<Choice> choices);

    /// <summary>
    /// How a search that reduces by partial order goes on from a state. <see cref="Onward.OneStep"/>: either the state has no other way on, or
    /// the step commutes with everything that others may do before it and no rule can tell whether it was taken, so that whatever may be found
    /// from the state may be found behind the step. Never an operation.
    /// </summary>
    /// <param name="state">A canonical state.</param>
    /// <param name="operations">Whether operations may start within the bound.</param>
    /// <param name="behind">The state behind the one step.</param>
    Onward Pass(in TState state, bool operations, out TState behind);

    /// <summary>
    /// Writes what is wrong in a state, a key for each finding; the same key means the same finding. Returns how many. Keys with
    /// <see cref="FactBit"/> are no findings, only facts worth counting.
    /// </summary>
    /// <param name="state">A canonical state.</param>
    /// <param name="isFinal">Whether the state has no successor within the bound.</param>
    /// <param name="findings">At least <see cref="FindingsMax"/> long.</param>
    int Findings(in TState state, bool isFinal, Span<ulong> findings);

    /// <summary>How many states of the unreduced machine this one stands for.</summary>
    ulong Weight(in TState state);

    /// <summary>Words for a choice.</summary>
    string Describe(Choice choice);

    /// <summary>Words for a finding.</summary>
    string Describe(ulong finding);

    const ulong FactBit = 1UL << 63;

    /// <summary>Most findings of one state.</summary>
    const int FindingsMax = 8;
}

/// <summary>How a reduced search goes on from a state.</summary>
public enum Onward
{
    /// <summary>The state is stored, and every way on from it is taken.</summary>
    EveryWay = 0,

    /// <summary>One step suffices; the state is looked at and passed.</summary>
    OneStep,

    /// <summary>Nothing can follow within the bound, and to look at the state again is cheaper than to store it.</summary>
    Nothing,
}

/// <summary>One numbered way for a machine to go on. The upper half of the numbers costs an operation of the bound.</summary>
public readonly record struct Choice(ushort Value)
{
    private const ushort OperationBit = 0x8000;

    public bool IsOperation => (Value & OperationBit) != 0;

    /// <summary>The number without the mark of an operation.</summary>
    public int Number => Value & ~OperationBit;

    public static Choice Step(int number) => new((ushort)number);

    public static Choice Operation(int number) => new((ushort)(number | OperationBit));
}

/// <summary>Something that is done with a machine whose types the caller does not know.</summary>
/// <typeparam name="TResult">What it comes to.</typeparam>
public interface IMachineVisitor<out TResult>
{
    /// <param name="make">Makes a machine for one more thread.</param>
    TResult Visit<TMachine, TState>(Func<TMachine> make)
        where TMachine : struct, IMachine<TState>
        where TState : unmanaged;
}
