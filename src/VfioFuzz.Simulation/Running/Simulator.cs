using System.Collections.Immutable;
using System.Numerics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Running;

/// <summary>When state rules are checked.</summary>
internal enum RuleChecks
{
    Never,

    /// <summary>When a line or par block has settled.</summary>
    WhenSettled,

    /// <summary>After every atomic step.</summary>
    EveryStep,
}

/// <summary>Runs programs on a simulated design, whatever the design.</summary>
internal interface ISimulator
{
    string Design { get; }

    DialectName Dialect { get; }

    /// <summary>Kinds of operations that programs for the design may hold.</summary>
    KindSet Kinds { get; }

    /// <summary>Runs a program and writes what happened into <paramref name="history"/>, which is cleared first.</summary>
    void Run(Program program, RunRequest request, History history);

    /// <summary>As <see cref="Run"/>, telling every step.</summary>
    Interleaving Explain(Program program, RunRequest request, History history);

    /// <summary>Runs a program for its effects alone: no history, no rules, no tear-down, nothing allocated.</summary>
    void RunBare(Program program, ulong scheduleSeed);

    /// <summary>Where the kinds of waits of each run with a history are written, or null.</summary>
    WaitTrail? Waits { get; set; }
}

/// <summary>
/// The driver of programs: starts lines, lets the scheduler choose among runnable tasks until a line has settled, and after the last line
/// freezes what is blocked or tears down what is not.
/// </summary>
internal sealed partial class Simulator<TDesign> : ISimulator, IMachineObserver
    where TDesign : struct, IDesign
{
    /// <summary>Steps of one line, block or frozen mode before the run is given up as <i>inconclusive: steps</i>.</summary>
    public const int StepsMax = 20_000;

    private readonly Machine<TDesign> machine;
    private readonly FrozenRuns<TDesign> frozen;
    private readonly RuleChecks checks;
    private readonly Slip slip;
    private readonly List<byte> choices = [];
    private History? history;
    private Scheduler scheduler;
    private ulong ticket;
    private ulong answered;
    private int line;
    private bool recording;

    public Simulator(RuleChecks checks, Slip slip = Slip.None)
    {
        this.checks = checks;
        this.slip = slip;
        machine = new Machine<TDesign>(slip);
        frozen = new FrozenRuns<TDesign>(machine);
    }

    public string Design => slip == Slip.None ? TDesign.Name : $"{TDesign.Name}~{slip}";

    public DialectName Dialect => TDesign.Dialect;

    public KindSet Kinds => DesignTable.KindsOf(TDesign.Knows);

    public Machine<TDesign> Machine => machine;

    public WaitTrail? Waits { get; set; }

    public void Run(Program program, RunRequest request, History history)
    {
        history.Clear();
        choices.Clear();
        this.history = history;
        scheduler = request.Replay is { } schedule
            ? request.GoesOn ? Scheduler.GoingOn(schedule, request.ScheduleSeed, choices) : Scheduler.Replaying(schedule, choices)
            : Scheduler.Seeded(request.Policy, request.ScheduleSeed, program.Lines.Length, choices);
        machine.Observer = this;
        machine.Load(program);
        Waits?.Start();
        (ticket, answered, recording) = (0, 0, true);
        RunLines(program);
        history.Schedule = choices.Count == 0 ? Schedule.Empty : new Schedule([.. choices]);
        if (machine.Exhausted is null)
            End(request.Freeze);
        history.Incomplete = machine.Exhausted;
        this.history = null;
    }

    public void RunBare(Program program, ulong scheduleSeed)
    {
        scheduler = Scheduler.Seeded(SchedulePolicy.Random, scheduleSeed, program.Lines.Length, null);
        machine.Observer = null;
        machine.Load(program);
        recording = false;
        RunLines(program);
    }

    public void Answered(int line, Answer answer)
    {
        answered |= 1UL << line;
        if (recording)
            history!.Add(HistoryEvent.Answered(line, answer, ticket++));
        answeredSince?.Add((line, answer));
    }

    public void Broken(string rule, int line, string evidence)
    {
        foreach (var known in history!.StateViolations)
        {
            if (known.Rule == rule)
                return;
        }
        history.Add(new StateViolation(rule, line == Machine<TDesign>.NoLine ? this.line : line, evidence));
    }

    private void RunLines(Program program)
    {
        var lines = program.Lines.AsSpan();
        for (line = 0; line < lines.Length && machine.Exhausted is null;)
        {
            var end = line + 1;
            if (lines[line].IsParallel)
            {
                while (end < lines.Length && lines[end].Block == lines[line].Block)
                    end++;
                RunBlock(lines, line, end);
            }
            else
                RunSequential(lines[line].Operation.Task.Value);
            Settled();
            line = end;
        }
    }

    private void RunSequential(int task)
    {
        Called(line);
        if (machine.Readiness(task) is var readiness and not AnswerKind.None)
        {
            Refuse(line, readiness);
            return;
        }
        StartLine(task, line);
        RunUntilQuiet();
        if (recording && (answered >> line & 1) == 0)
            history!.Add(HistoryEvent.Blocked(line, ticket++));
    }

    private void Settled()
    {
        if (!recording)
            return;
        history!.Add(HistoryEvent.Settled(ticket++));
        if (Waits is not null && machine.State.Active != 0)
            NoteRest(Waits);
        if (checks != RuleChecks.Never)
            StateRules<TDesign>.Check(in machine.State, this);
    }

    private void Called(int called)
    {
        if (recording)
            history!.Add(HistoryEvent.Called(called, ticket++));
    }

    private void Refuse(int refused, AnswerKind kind)
    {
        if (recording)
            Answered(refused, new Answer(kind));
    }

    /// <summary>Runs until no task can take a step: every call has returned or is asleep.</summary>
    private void RunUntilQuiet()
    {
        for (var steps = 0; machine.Exhausted is null; steps++)
        {
            var runnable = machine.Runnable();
            if (runnable == 0)
                return;
            if (steps == StepsMax)
            {
                machine.Exhaust("steps");
                return;
            }
            Step(scheduler.Choose(runnable));
        }
    }

    private void Step(int task)
    {
        var from = machine.State.Tasks[task].Label;
        machine.Advance(task);
        if (Waits is not null && recording)
            NoteWait(task, Waits);
        if (moments is not null)
            Note(task, Place.Describe(from), starts: false);
        if (checks == RuleChecks.EveryStep && recording)
            StateRules<TDesign>.Check(in machine.State, this);
    }

    /// <summary>
    /// A par block: every thread starts its next line when it has returned from the one before; which task goes first is the
    /// scheduler's. Threads still blocked in the end answer busy to what is left of theirs.
    /// </summary>
    private void RunBlock(ReadOnlySpan<Line> lines, int first, int end)
    {
        var pending = RefuseStrangers(lines, first, end);
        for (var steps = 0; machine.Exhausted is null; steps++)
        {
            var ready = ReadyThreads(lines, pending);
            var runnable = machine.Runnable() | ready;
            if (runnable == 0)
                break;
            if (steps == StepsMax)
            {
                machine.Exhaust("steps");
                return;
            }
            var task = scheduler.Choose(runnable);
            if ((ready >> task & 1) == 0)
            {
                Step(task);
                continue;
            }
            var started = NextLineOf(lines, pending, task);
            pending &= ~(1UL << started);
            StartInBlock(task, started);
        }
        EndBlock(lines, first, end, pending);
    }

    /// <summary>Lines of tasks that are no threads are answered before the block begins; the lines that are left, a bit for each.</summary>
    private ulong RefuseStrangers(ReadOnlySpan<Line> lines, int first, int end)
    {
        var pending = 0UL;
        for (var i = first; i < end; i++)
        {
            if (lines[i].Operation.Task.Value < Limits.UserTasksMax)
            {
                pending |= 1UL << i;
                continue;
            }
            Called(i);
            Refuse(i, AnswerKind.NotRun);
        }
        return pending;
    }

    private void StartInBlock(int task, int started)
    {
        Called(started);
        if (machine.Readiness(task) is var readiness and not AnswerKind.None)
            Refuse(started, readiness);
        else
            StartLine(task, started);
    }

    private void StartLine(int task, int started)
    {
        machine.Start(task, started);
        if (Waits is not null && recording)
            NoteWait(task, Waits);
        if (moments is not null)
            Note(task, OperationText.Print(machine.OperationOf(started)), starts: true);
    }

    private void EndBlock(ReadOnlySpan<Line> lines, int first, int end, ulong pending)
    {
        for (var ended = first; ended < end && recording; ended++)
        {
            if ((pending >> ended & 1) != 0)
            {
                Called(ended);
                Refuse(ended, machine.Readiness(lines[ended].Operation.Task.Value));
            }
            else if ((answered >> ended & 1) == 0)
                history!.Add(HistoryEvent.Blocked(ended, ticket++));
        }
    }

    /// <summary>Threads with a line left that are not inside a call, a bit for each; tasks that no process has count as ready.</summary>
    private uint ReadyThreads(ReadOnlySpan<Line> lines, ulong pending)
    {
        var ready = 0u;
        for (; pending != 0; pending &= pending - 1)
        {
            var task = lines[BitOperations.TrailingZeroCount(pending)].Operation.Task.Value;
            if (machine.Readiness(task) != AnswerKind.Busy)
                ready |= 1u << task;
        }
        return ready;
    }

    private static int NextLineOf(ReadOnlySpan<Line> lines, ulong pending, int task)
    {
        for (; ; pending &= pending - 1)
        {
            var next = BitOperations.TrailingZeroCount(pending);
            if (lines[next].Operation.Task.Value == task)
                return next;
        }
    }
}
