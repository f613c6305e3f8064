using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>Something that the model showed once a line had settled.</summary>
/// <param name="Number">What: below <see cref="ModelTrail.NumbersMax"/>.</param>
/// <param name="Line">The line, from 0.</param>
/// <param name="IsState">Whether it is of a state, or of how an operation's range lay to it; else it is an operation's outcome.</param>
public readonly record struct TrailMark(int Number, int Line, bool IsState);

/// <summary>
/// What the model went through while it followed one history, as numbers below <see cref="NumbersMax"/>: each pair of factors of each state it came
/// to (<see cref="StateFactors"/>); and of each operation its outcome, with the containers it met, and with how its range lay to the mappings
/// (<see cref="TouchedRange"/>). A fuzzer takes them for coverage of the contract: a program that brings the model somewhere new is worth going on
/// from although no new line of code ran.
/// </summary>
/// <remarks>Numbers are hashes of fixed constants, the same in every process. Two may share a number; then one of them counts for both.</remarks>
public sealed class ModelTrail
{
    /// <summary>Every number is below this.</summary>
    public const int NumbersMax = 1 << 19;

    private const int Pairs = StateFactors.Count * (StateFactors.Count - 1) / 2;
    private const int Transition = Pairs;
    private const int Touch = Pairs + 1;
    private const int Views = Pairs + 2;

    /// <summary>By construction enough: a line is followed when it is called, and once more when it answers later.</summary>
    private readonly TrailMark[] marks = new TrailMark[2 * Views * Limits.LinesMax];
    private StateFactors before;
    private int count;

    /// <summary>What the last history showed, in the order of lines; a number may stand there more than once.</summary>
    public ReadOnlySpan<TrailMark> Marks => marks.AsSpan(0, count);

    /// <summary>
    /// Forgets the last history. A history that is followed starts its own trail; one that is not, because what came before the model's word has already
    /// ended its judging, shows nothing: who asks for marks starts the trail before each run, or the marks may be those of the run before.
    /// </summary>
    public void Start()
    {
        count = 0;
        before = default;
    }

    /// <summary>An operation had an outcome and left the model in <paramref name="after"/>.</summary>
    internal void Add(in ModelState after, in Operation operation, in Answer answer, int line)
    {
        var outcome = (ulong)operation.Kind << 16 | (ulong)answer.Kind << 8 | (byte)answer.Errno;
        Mark(Transition, (ulong)before[StateFactors.Containers] << 32 | outcome, line);
        if (TouchedRange.Of(in after, operation) is not 0 and var range)
            Mark(Touch, (ulong)range << 32 | outcome, line);
        var known = default(StateFactors);
        StateFactors.Of(in after, ref known);
        var view = 0;
        for (var one = 1; one < StateFactors.Count; one++)
        {
            var isOther = known[one] != before[one];
            for (var two = 0; two < one; two++, view++)
            {
                if (isOther || known[two] != before[two])
                    Mark(view, (ulong)known[one] << 32 | known[two], line);
            }
        }
        before = known;
    }

    private void Mark(int view, ulong value, int line) =>
        marks[count++] = new TrailMark((int)(Mixed(value + (ulong)view * 0x632be59bd9b4e019) % NumbersMax), line, view != Transition);

    private static ulong Mixed(ulong value)
    {
        value = (value ^ (value >> 31)) * 0x9e3779b97f4a7c15;
        value = (value ^ (value >> 29)) * 0xbf58476d1ce4e5b9;
        return value >> 20;
    }
}
