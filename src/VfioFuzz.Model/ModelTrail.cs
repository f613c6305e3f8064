using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>
/// What the model went through while it followed one history, as numbers below <see cref="NumbersMax"/>: the class of each state it came to, and each
/// transition (the container's part of the class, the operation, the outcome). A fuzzer takes them for coverage of the contract:
/// a program that brings the model somewhere new is worth keeping although no new line of code ran.
/// </summary>
/// <remarks>Numbers are hashes of fixed constants, the same in every process. Two classes may share a number; then one of them counts for both.</remarks>
public sealed class ModelTrail
{
    /// <summary>Every number is below this.</summary>
    public const int NumbersMax = 2 * Half;

    private const int Half = 1 << 18;

    /// <summary>Three numbers for each line, and for each line that answers later.</summary>
    private readonly int[] numbers = new int[6 * Limits.LinesMax];
    private int count;

    /// <summary>The numbers of the last history, states below transitions; one may stand there more than once.</summary>
    public ReadOnlySpan<int> Numbers => numbers.AsSpan(0, count);

    /// <summary>Whether a number is a transition's; else it is a state's.</summary>
    public static bool IsTransition(int number) => number >= Half;

    internal void Start() => count = 0;

    /// <summary>An operation had an outcome and left the model in <paramref name="after"/>.</summary>
    internal void Add(in StateClass before, in StateClass after, OperationKind kind, in Answer answer)
    {
        if (count + 3 > numbers.Length)
            return;
        var outcome = (ulong)kind << 16 | (ulong)answer.Kind << 8 | (byte)answer.Errno;
        numbers[count++] = (int)(Mixed((ulong)after.Container << 32 | after.Mappings) % Half);
        numbers[count++] = (int)(Mixed((ulong)after.Tasks << 32 | 1u << 31) % Half);
        numbers[count++] = Half + (int)(Mixed((ulong)before.Container << 32 | outcome) % Half);
    }

    private static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 31)) * 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 29)) * 0xbf58476d1ce4e5b9;
        return value >> 20;
    }
}
