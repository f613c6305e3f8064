using System.Numerics;
using VfioFuzz.Model.Judging;
using VfioFuzz.Model.State;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests;

/// <summary>
/// A target made of the model itself: the lines of a block begin, and pending calls run their sections, in an order drawn from a seed; where
/// the contract leaves a choice, one is drawn. What it records must be accepted, whatever the seed.
/// </summary>
internal sealed class ModelledRun(Dialect dialect, Platform platform)
{
    private readonly Contract contract = new(dialect, platform);
    private readonly StateBox now = new();
    private readonly StateBox tried = new();
    private Randomness randomness;
    private ulong ticket;

    public History History { get; } = new();

    public ref ModelState State => ref now.State;

    /// <summary>Called whenever lines have settled.</summary>
    public Action? Settled { get; set; }

    /// <summary>The kernel BUGged by contract.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>False when the order drawn ends where no contract goes: a capacity, or the lock inversion of DL-23.</summary>
    public bool Run(Program program, ulong seed)
    {
        History.Clear();
        randomness = new Randomness(seed);
        ticket = 0;
        HasCrashed = false;
        contract.Start(program);
        State.Reset(contract.Platform);
        for (var first = 0; first < program.Lines.Length;)
        {
            var end = first + 1;
            while (program.Lines[first].IsParallel && end < program.Lines.Length && program.Lines[end].Block == program.Lines[first].Block)
                end++;
            if (!Settle(first, end) || contract.Exceeded is not null)
                return false;
            if (HasCrashed)
                return true;
            History.Add(HistoryEvent.Settled(++ticket));
            Settled?.Invoke();
            first = end;
        }
        for (var process = 0; process < Limits.ProcessesMax; process++)
            if (State.Processes[process].Life == Life.Alive)
                History.Add(new HistoryEvent(
                    EventKind.LockedAtEnd, 0, (ushort)process, 0, State.AddressSpaces[State.Processes[process].AddressSpace].Locked, ++ticket));
        return true;
    }

    private bool Settle(int first, int end)
    {
        var toBegin = (end == Limits.LinesMax ? 0 : 1UL << end) - (1UL << first);
        Span<int> moves = stackalloc int[Limits.TasksMax + Limits.LinesMax];
        for (; ; )
        {
            var count = Moves(moves, toBegin, isAlone: end == first + 1);
            while (count > 0)
            {
                var pick = (int)randomness.Below((uint)count);
                if (Make(moves[pick], ref toBegin))
                    break;
                moves[pick] = moves[--count];
            }
            if (HasCrashed || contract.Exceeded is not null)
                return true;
            if (count == 0)
                break;
        }
        for (; toBegin != 0; toBegin &= toBegin - 1)
        {
            var line = BitOperations.TrailingZeroCount(toBegin);
            History.Add(HistoryEvent.Called(line, ++ticket));
            History.Add(HistoryEvent.Answered(line, Answer.Busy, ++ticket));
        }
        return !LockInversion.Holds(contract, State);
    }

    /// <summary>Tasks as themselves, lines after them.</summary>
    private int Moves(Span<int> moves, ulong toBegin, bool isAlone)
    {
        var count = 0;
        for (int active = State.ActiveCalls; active != 0; active &= active - 1)
            moves[count++] = BitOperations.TrailingZeroCount(active);
        var threads = 0;
        for (; toBegin != 0; toBegin &= toBegin - 1)
        {
            var line = BitOperations.TrailingZeroCount(toBegin);
            var task = contract.OperationOf(line).Task.Value;
            if ((threads >> task & 1) == 0 && (isAlone || task >= Limits.UserTasksMax || !State.Calls[task].Active))
                moves[count++] = Limits.TasksMax + line;
            threads |= 1 << task;
        }
        return count;
    }

    private bool Make(int move, ref ulong toBegin)
    {
        var begins = move >= Limits.TasksMax;
        var line = begins ? move - Limits.TasksMax : State.Calls[move].Line;
        contract.StartChoices();
        Outcome outcome;
        do
        {
            State.CopyTo(ref tried.State);
            outcome = begins
                ? Dispatcher.Begin(contract, ref tried.State, line)
                : Dispatcher.Advance(contract, ref tried.State, move);
        }
        while (randomness.Below(2) == 0 && contract.NextChoices());
        if (outcome.Status == OutcomeStatus.Waits)
            return false;
        tried.State.CopyTo(ref State);
        if (begins)
        {
            toBegin &= ~(1UL << line);
            History.Add(HistoryEvent.Called(line, ++ticket));
        }
        HasCrashed = outcome.Status == OutcomeStatus.Crashed;
        if (outcome.HasReturned || HasCrashed)
            History.Add(HistoryEvent.Answered(line, outcome.Answer, ++ticket));
        return true;
    }
}
