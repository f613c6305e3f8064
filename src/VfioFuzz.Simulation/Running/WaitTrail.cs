using VfioFuzz.Simulation.Kernel;
using Lock = VfioFuzz.Simulation.Kernel.Lock;

namespace VfioFuzz.Simulation.Running;

/// <summary>
/// The kinds of waits that one run went through, as numbers below <see cref="NumbersMax"/>: where in the kernel a task went to sleep, what kind of lock or
/// event it waits for, and where its holder was; and each set of such waits that the run came to rest with. A fuzzer takes a new number for
/// coverage of what can block, which no edge of a straight path shows.
/// </summary>
/// <remarks>Numbers are hashes of fixed constants, the same in every process; two kinds may share one.</remarks>
public sealed class WaitTrail
{
    /// <summary>Every number is below this.</summary>
    public const int NumbersMax = 1 << 16;

    private readonly int[] numbers = new int[256];
    private int count;

    /// <summary>The numbers of the last run; one may stand there more than once.</summary>
    public ReadOnlySpan<int> Numbers => numbers.AsSpan(0, count);

    internal void Start() => count = 0;

    /// <summary>A task went to sleep.</summary>
    internal void Add(ulong wait)
    {
        if (count < numbers.Length)
            numbers[count++] = (int)(Mixed(wait) % NumbersMax);
    }

    /// <summary>A wait as one word: the sleeper's place, what it waits for, and the place of who holds it.</summary>
    internal static ulong Of(Label sleeper, byte wants, Label holder) =>
        (ulong)Lock.KindOf(wants) << 16 | (ulong)sleeper << 8 | (ulong)holder;

    /// <summary>A wait among others, whatever their order.</summary>
    internal static ulong With(ulong set, ulong wait) => set + Mixed(wait);

    private static ulong Mixed(ulong value)
    {
        value = (value + 1) * 0x9e3779b97f4a7c15;
        return (value ^ (value >> 32)) >> 7;
    }
}
