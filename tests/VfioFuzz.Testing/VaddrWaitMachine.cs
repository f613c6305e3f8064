using VfioFuzz.Programs;

namespace VfioFuzz.Testing;

/// <summary>The whole state of <see cref="VaddrWaitMachine"/>.</summary>
/// <param name="Bits">From bit 0: mapped, invalid (a bit each), pins (two bits each), then what the fields below say.</param>
public record struct VaddrWaitState(ulong Bits);

/// <summary>
/// The smallest model of the wait for a vaddr: a user who maps, unmaps, invalidates, re-maps and closes, a worker who pins, waits and
/// unpins. The same processes, step for step, as <c>vfio_wait_tight.pml</c>, so that SPIN's counts are the expected ones: its places
/// are named by the state numbers of <c>pan -d</c>.
/// </summary>
/// <param name="mappings">NM, 2 to 4.</param>
/// <param name="operations">K, at most 255.</param>
/// <param name="closeNotify">CLOSE_NOTIFY: closing sets the close flag and wakes the waiter.</param>
/// <param name="symmetric">Whether states that differ in the numbers of mappings only are merged.</param>
public readonly struct VaddrWaitMachine(int mappings, int operations, bool closeNotify, bool symmetric = false) : IMachine<VaddrWaitState>
{
    /// <summary>The finding: nobody can move and somebody is not at his end.</summary>
    public const ulong InvalidEnd = 1;

    private const int InvalidAt = 4, PinsAt = 8, LockAt = 16, OpenAt = 17, DoneAt = 18, FlagAt = 19, ReleasedAt = 20;
    private const int CountAt = 21, UserIndexAt = 29, OperationAt = 31, UserAt = 34, WorkerIndexAt = 38, WorkerAt = 41;
    private const ulong CountMask = 255;

    private enum User { Loop, Doing, Notify, CloseWait, After, NotifyAtEnd, EndWait, Release, End, Dead }

    private enum Worker { Loop, Locked, Waiting, Woken, Relocked, Unpinning, Cleaning, CleaningLocked, Done, End, Dead }

    public int SuccessorsMax => 32;

    /// <summary>It has none to exceed.</summary>
    public string? Exhausted => null;

    public void Initial(out VaddrWaitState state) => state = new VaddrWaitState(1UL << OpenAt);

    public ulong Weight(in VaddrWaitState state)
    {
        if (!symmetric)
            return 1;
        var boundary = BoundaryOf(state.Bits);
        return Arrangements(state.Bits, 0, boundary) * Arrangements(state.Bits, boundary, mappings);
    }

    public int Findings(in VaddrWaitState state, bool isFinal, Span<ulong> findings)
    {
        var atEnd = UserOf(state.Bits) >= User.End && WorkerOf(state.Bits) >= Worker.End;
        if (!isFinal || atEnd)
            return 0;
        findings[0] = InvalidEnd;
        return 1;
    }

    public string Describe(Choice choice) => $"choice {choice.Number}";

    public string Describe(ulong finding) => "invalid end state";

    public int Successors(in VaddrWaitState state, bool operations, Span<VaddrWaitState> successors, Span<Choice> choices)
    {
        var next = new Targets(successors);
        var s = state.Bits;
        StepUser(s, ref next);
        StepWorker(s, ref next);
        for (var i = 0; i < next.Count; i++)
        {
            choices[i] = Choice.Step(i);
            if (symmetric)
                successors[i] = new VaddrWaitState(Canonical(successors[i].Bits));
        }
        return next.Count;
    }

    /// <summary>A state with one way on; no two steps of this machine are known to commute.</summary>
    public Onward Pass(in VaddrWaitState state, bool operations, out VaddrWaitState behind)
    {
        Span<VaddrWaitState> successors = stackalloc VaddrWaitState[SuccessorsMax];
        Span<Choice> choices = stackalloc Choice[SuccessorsMax];
        var count = Successors(in state, operations, successors, choices);
        behind = successors[0];
        return count == 1 ? Onward.OneStep : Onward.EveryWay;
    }

    private void StepUser(ulong s, ref Targets next)
    {
        var (open, locked, done) = (Has(s, OpenAt), Has(s, LockAt), Has(s, DoneAt));
        switch (UserOf(s))
        {
            case User.Loop: StepUserLoop(s, ref next); break;
            case User.Doing: next.Add(Do(s)); break;
            case User.Notify when !locked: next.Add(At(s | 1UL << FlagAt, User.CloseWait)); break;
            case User.CloseWait when done: next.Add(At(s, User.Loop)); break;
            case User.After when open:
                next.Add(At(s & ~(1UL << OpenAt), closeNotify ? User.NotifyAtEnd : User.EndWait));
                break;
            case User.After: next.Add(At(s, User.Release)); break;
            case User.NotifyAtEnd: next.Add(At(s | 1UL << FlagAt, User.EndWait)); break;
            case User.EndWait when done: next.Add(At(s, User.Release)); break;
            case User.Release: next.Add(At(s | 1UL << ReleasedAt, User.End)); break;
            // A process dies only when no younger one lives.
            case User.End when WorkerOf(s) == Worker.Dead: next.Add(At(s, User.Dead)); break;
            default: break;
        }
    }

    private void StepUserLoop(ulong s, ref Targets next)
    {
        var (open, locked, count) = (Has(s, OpenAt), Has(s, LockAt), (int)(s >> CountAt & CountMask));
        if (count >= operations || !open)
        {
            // Nobody reads k any more, and SPIN forgets dead variables.
            next.Add(At(s & ~(CountMask << CountAt), User.After));
            return;
        }
        var counted = s + (1UL << CountAt);
        if (!locked)
        {
            for (ulong i = 0; i < (ulong)mappings; i++)
            {
                for (ulong operation = 1; operation <= 4; operation++)
                    next.Add(At(counted | 1UL << LockAt | i << UserIndexAt | operation << OperationAt, User.Doing));
            }
        }
        next.Add(At(counted & ~(1UL << OpenAt), closeNotify ? User.Notify : User.CloseWait));
    }

    /// <summary>Map, unmap, invalidate, re-map.</summary>
    private static ulong Do(ulong s)
    {
        var i = (int)(s >> UserIndexAt) & 3;
        var (mapped, invalid) = (1UL << i, 1UL << InvalidAt + i);
        var operation = (int)(s >> OperationAt) & 7;
        if (operation == 1)
            s |= mapped;
        else if ((s & mapped) != 0)
        {
            s = operation switch
            {
                2 when PinsOf(s, i) == 0 => s & ~(mapped | invalid),
                3 => s | invalid,
                4 => s & ~invalid,
                _ => s,
            };
        }
        return At(s & ~(1UL << LockAt | 3UL << UserIndexAt | 7UL << OperationAt), User.Loop);
    }

    private void StepWorker(ulong s, ref Targets next)
    {
        var (open, locked, index) = (Has(s, OpenAt), Has(s, LockAt), (int)(s >> WorkerIndexAt) & 7);
        var invalid = (s >> InvalidAt & 15) != 0;
        var closing = closeNotify && Has(s, FlagAt);
        switch (WorkerOf(s))
        {
            case Worker.Loop when !open: next.Add(At(s, Worker.Cleaning)); break;
            case Worker.Loop when !locked:
                for (var i = 0UL; i < (ulong)mappings; i++)
                    next.Add(At(s | 1UL << LockAt | i << WorkerIndexAt, Worker.Locked));
                for (var i = 0UL; i < (ulong)mappings; i++)
                    next.Add(At(s | 1UL << LockAt | i << WorkerIndexAt, Worker.Unpinning));
                break;
            case Worker.Locked when invalid: next.Add(At(s & ~(1UL << LockAt), Worker.Waiting)); break;
            case Worker.Locked:
                next.Add(Unlocked(Has(s, index) && PinsOf(s, index) < 2 ? s + (1UL << PinsAt + 2 * index) : s));
                break;
            case Worker.Waiting when !invalid || closing: next.Add(At(s, Worker.Woken)); break;
            case Worker.Woken when !locked: next.Add(At(s | 1UL << LockAt, Worker.Relocked)); break;
            case Worker.Relocked: next.Add(closing ? Unlocked(s) : At(s, Worker.Locked)); break;
            case Worker.Unpinning:
                next.Add(Unlocked(PinsOf(s, index) > 0 ? s - (1UL << PinsAt + 2 * index) : s));
                break;
            case Worker.Cleaning: next.Add(At(s, index < mappings ? Worker.CleaningLocked : Worker.Done)); break;
            case Worker.CleaningLocked when !locked: Clean(s, index, ref next); break;
            case Worker.Done: next.Add(At(s | 1UL << DoneAt, Worker.End)); break;
            case Worker.End: next.Add(At(s & ~(7UL << WorkerIndexAt), Worker.Dead)); break;
            default: break;
        }
    }

    /// <summary>
    /// The pins of the next mapping go. Cleaning in order of numbers is what breaks the symmetry: a state that stands for all numberings
    /// goes on with each of the mappings that may be next in one of them.
    /// </summary>
    private void Clean(ulong s, int index, ref Targets next)
    {
        for (var other = index; other < mappings; other++)
        {
            if (other > index && !symmetric)
                return;
            var (a, b) = (ElementAt(s, index), ElementAt(s, other));
            var swapped = WithElement(WithElement(s, index, b), other, a) & ~(3UL << PinsAt + 2 * index);
            next.Add(At(swapped + (1UL << WorkerIndexAt), Worker.Cleaning));
        }
    }

    private static ulong Unlocked(ulong s) => At(s & ~(1UL << LockAt | 7UL << WorkerIndexAt), Worker.Loop);

    private static bool Has(ulong s, int bit) => (s >> bit & 1) != 0;

    private static int PinsOf(ulong s, int mapping) => (int)(s >> PinsAt + 2 * mapping) & 3;

    private static User UserOf(ulong s) => (User)(s >> UserAt & 15);

    private static Worker WorkerOf(ulong s) => (Worker)(s >> WorkerAt & 15);

    private static ulong At(ulong s, User place) => s & ~(15UL << UserAt) | (ulong)place << UserAt;

    private static ulong At(ulong s, Worker place) => s & ~(15UL << WorkerAt) | (ulong)place << WorkerAt;

    // Symmetry: mappings are sorted by all that is known of each, those already cleaned apart from the others.

    private int BoundaryOf(ulong s) => WorkerOf(s) switch
    {
        Worker.Cleaning or Worker.CleaningLocked => (int)(s >> WorkerIndexAt) & 7,
        > Worker.CleaningLocked => mappings,
        _ => 0,
    };

    /// <summary>mapped, invalid, pins, whether the user's operation and whether the worker's is on it.</summary>
    private static uint ElementAt(ulong s, int i)
    {
        var element = (uint)(s >> i & 1 | (s >> InvalidAt + i & 1) << 1 | (s >> PinsAt + 2 * i & 3) << 2);
        if (UserOf(s) == User.Doing && ((int)(s >> UserIndexAt) & 3) == i)
            element |= 16;
        if (WorkerOf(s) is >= Worker.Locked and <= Worker.Unpinning && ((int)(s >> WorkerIndexAt) & 7) == i)
            element |= 32;
        return element;
    }

    private static ulong WithElement(ulong s, int i, uint element)
    {
        s &= ~(1UL << i | 1UL << InvalidAt + i | 3UL << PinsAt + 2 * i);
        s |= (element & 1UL) << i | (element >> 1 & 1UL) << InvalidAt + i | (element >> 2 & 3UL) << PinsAt + 2 * i;
        if ((element & 16) != 0)
            s = s & ~(3UL << UserIndexAt) | (ulong)i << UserIndexAt;
        if ((element & 32) != 0)
            s = s & ~(7UL << WorkerIndexAt) | (ulong)i << WorkerIndexAt;
        return s;
    }

    private ulong Canonical(ulong s)
    {
        Span<uint> elements = stackalloc uint[4];
        for (var i = 0; i < mappings; i++)
            elements[i] = ElementAt(s, i);
        var boundary = BoundaryOf(s);
        Sort(elements[..boundary]);
        Sort(elements[boundary..mappings]);
        for (var i = 0; i < mappings; i++)
            s = WithElement(s, i, elements[i]);
        return s;
    }

    private static void Sort(Span<uint> elements)
    {
        for (var end = 1; end < elements.Length; end++)
        {
            for (var at = end; at > 0 && elements[at] > elements[at - 1]; at--)
                (elements[at], elements[at - 1]) = (elements[at - 1], elements[at]);
        }
    }

    /// <summary>In how many orders the elements of a canonical block can stand.</summary>
    private static ulong Arrangements(ulong s, int first, int end)
    {
        var (ways, run) = (1UL, 0UL);
        for (var i = first; i < end; i++)
        {
            run = i > first && ElementAt(s, i) == ElementAt(s, i - 1) ? run + 1 : 1;
            ways = ways * (ulong)(i - first + 1) / run;
        }
        return ways;
    }

    private ref struct Targets(Span<VaddrWaitState> into)
    {
        private readonly Span<VaddrWaitState> into = into;

        public int Count { get; private set; }

        public void Add(ulong bits) => into[Count++] = new VaddrWaitState(bits);
    }
}
