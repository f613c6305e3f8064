using System.Collections.Immutable;
using System.Numerics;
using VfioFuzz.Model.Judging;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model;

/// <summary>What the model expects of one line.</summary>
/// <param name="AtOnce">The answer when the line has settled; blocked when it then sleeps.</param>
/// <param name="Later">What a blocked line answers before the program's end; blocked when it never does.</param>
public readonly record struct Expectation(Answer AtOnce, Answer Later)
{
    public override string ToString() => AtOnce == Later ? AtOnce.ToString() : $"{AtOnce}, then {Later}";
}

/// <summary>
/// The model run forwards: the answers of a program, line after line (a <c>par</c> block's lines in their order). Where the contract
/// leaves a choice open, the first allowed answer is taken: for tests, tools and explanations, not for judging.
/// </summary>
public sealed class Predictor(Dialect dialect, Platform platform)
{
    private readonly Contract contract = new(dialect, platform);
    private readonly StateBox box = new();
    private readonly Answer[] atOnce = new Answer[Limits.LinesMax];
    private readonly Answer[] later = new Answer[Limits.LinesMax];

    internal ref ModelState State => ref box.State;

    /// <summary>Called between lines with the line that has settled: a seam for invariant checks.</summary>
    internal Action<int>? Settled { get; set; }

    /// <summary>The line in which the kernel BUGs by contract, or -1; lines after it are not run.</summary>
    public int CrashLine { get; private set; }

    public ImmutableArray<Expectation> Expect(Program program)
    {
        contract.Start(program);
        State.Reset(contract.Platform);
        CrashLine = -1;
        var lines = 0;
        for (; lines < program.Lines.Length && CrashLine < 0; lines++)
        {
            Begin(lines);
            Settle(lines);
            Settled?.Invoke(lines);
        }
        var expected = ImmutableArray.CreateBuilder<Expectation>(lines);
        for (var line = 0; line < lines; line++)
            expected.Add(new Expectation(atOnce[line], later[line]));
        return expected.MoveToImmutable();
    }

    /// <summary>VmLck of the process in pages, after the last program.</summary>
    public ulong LockedPages(int process) => State.AddressSpaces[State.Processes[process].AddressSpace].Locked;

    private void Begin(int line)
    {
        atOnce[line] = later[line] = Answer.Blocked;
        contract.StartChoices();
        var outcome = Dispatcher.Begin(contract, ref State, line);
        if (outcome.HasReturned)
            atOnce[line] = later[line] = outcome.Answer;
    }

    /// <summary>Runs every pending call as far as it goes, lowest task first.</summary>
    private void Settle(int last)
    {
        for (var moved = true; moved && CrashLine < 0;)
        {
            moved = false;
            for (int active = State.ActiveCalls; active != 0; active &= active - 1)
                moved |= Advance(BitOperations.TrailingZeroCount(active), last);
        }
    }

    private bool Advance(int task, int last)
    {
        if (!State.Calls[task].Active)
            return false;
        var line = State.Calls[task].Line;
        contract.StartChoices();
        var outcome = Dispatcher.Advance(contract, ref State, task);
        if (outcome.Status == OutcomeStatus.Crashed)
        {
            CrashLine = line;
            atOnce[line] = later[line] = Answer.Killed;
        }
        else if (outcome.HasReturned)
        {
            later[line] = outcome.Answer;
            if (line == last)
                atOnce[line] = outcome.Answer;
        }
        return outcome.Status is not (OutcomeStatus.Waits or OutcomeStatus.Undecided);
    }
}
