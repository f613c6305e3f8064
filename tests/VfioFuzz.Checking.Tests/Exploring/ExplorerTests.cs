using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;
using VfioFuzz.Testing;

namespace VfioFuzz.Checking.Tests.Exploring;

public sealed class ExplorerTests
{
    /// <summary>NM, K, CLOSE_NOTIFY of vfio_wait_tight.pml, then states, transitions and invalid end states as SPIN 6.5.2 counts them.</summary>
    public static TheoryData<int, int, bool, long, long, ulong> CountedBySpin => new()
    {
        { 2, 0, false, 28, 45, 0 },
        { 2, 2, false, 690, 1175, 12 },
        { 3, 5, false, 40664, 73511, 1485 },
        { 3, 6, true, 88020, 160718, 0 },
    };

    [Theory]
    [MemberData(nameof(CountedBySpin))]
    public void Counts_are_those_of_SPIN(int mappings, int operations, bool notify, long states, long transitions, ulong deadlocks)
    {
        var found = Explore(new VaddrWaitMachine(mappings, operations, notify));
        Assert.Equal((states, transitions, deadlocks), (found.States, found.Transitions, Deadlocks(found)));
    }

    [Theory]
    [MemberData(nameof(CountedBySpin))]
    public void Whole_states_give_the_same_counts(int mappings, int operations, bool notify, long states, long transitions, ulong deadlocks)
    {
        var found = Explore(new VaddrWaitMachine(mappings, operations, notify), new ExplorationBounds { IsExact = true });
        Assert.Equal((states, transitions, deadlocks), (found.States, found.Transitions, Deadlocks(found)));
        Assert.Null(found.Bound);
    }

    [Theory]
    [MemberData(nameof(CountedBySpin))]
    public void Symmetric_states_stand_for_all_of_them(int mappings, int operations, bool notify, long states, long transitions, ulong deadlocks)
    {
        var found = Explore(new VaddrWaitMachine(mappings, operations, notify, symmetric: true));
        Assert.Equal(((ulong)states, deadlocks), (found.Weight, Deadlocks(found)));
        Assert.True(found.States < states && found.Transitions < transitions);
    }

    [Fact]
    public void The_path_to_a_finding_is_the_first_of_the_shortest()
    {
        var machine = new VaddrWaitMachine(2, 3, false);
        var finding = Explore(machine).Findings.Single();
        Assert.Equal(FirstShortest(machine), finding.Path.Select(choice => choice.Number));
        Assert.Equal(finding.Steps, finding.Path.Length);
    }

    [Fact]
    public void The_path_is_the_same_over_whole_states()
    {
        var machine = new VaddrWaitMachine(3, 4, false);
        var exact = Explore(machine, new ExplorationBounds { IsExact = true });
        Assert.Equal(Explore(machine).Findings.Single().Path.AsEnumerable(), exact.Findings.Single().Path);
    }

    [Fact]
    public void A_search_beyond_its_memory_is_inconclusive()
    {
        var found = Explore(new VaddrWaitMachine(4, 8, false), new ExplorationBounds { MemoryMax = 1 << 20 });
        Assert.Equal("memory limit of 1 MiB", found.Bound);
        Assert.Equal(-1, found.OperationsComplete);
    }

    [Fact]
    public void Fewer_operations_come_before_fewer_steps()
    {
        // A jump costs an operation and one step, the way on foot costs steps alone: 7 is reached on foot first.
        var found = Explorer.Explore<JumpingMachine, long>(
            () => new JumpingMachine(7), new ExplorationBounds { OperationsMax = 2 }, LoneCrew.Instance);
        var finding = found.Findings.Single();
        Assert.Equal((0, 7), (finding.Operations, finding.Steps));
    }

    [Fact]
    public void Every_layer_counts_the_states_that_need_its_operations()
    {
        // On foot 0..9; a jump of ten from there 10..19, and so on.
        var found = Explorer.Explore<JumpingMachine, long>(
            () => new JumpingMachine(25), new ExplorationBounds { OperationsMax = 3 }, LoneCrew.Instance);
        Assert.Equal([10, 10, 10, 10], found.Layers.Select(layer => layer.States));
        var finding = found.Findings.Single();
        Assert.Equal((2, 7), (finding.Operations, finding.Steps));
        Assert.Equal(3, found.OperationsComplete);
    }

    [Fact]
    public void The_search_ends_with_the_level_of_the_wanted_finding()
    {
        var found = Explorer.Explore<JumpingMachine, long>(
            () => new JumpingMachine(12), new ExplorationBounds { OperationsMax = 9, StopsAt = key => key == 1 }, LoneCrew.Instance);
        Assert.Equal(1, found.Findings.Single().Operations);
        Assert.True(found.States < 20);
    }

    [Theory]
    [MemberData(nameof(CountedBySpin))]
    public void Passed_states_are_not_stored_and_hide_no_deadlock(int mappings, int operations, bool notify, long states, long transitions, ulong deadlocks)
    {
        var machine = new VaddrWaitMachine(mappings, operations, notify);
        var found = Explore(machine, new ExplorationBounds { ReducesOrder = true });
        Assert.Equal(deadlocks, Deadlocks(found));
        Assert.True(found.States < states && found.Passed > 0 && found.Transitions >= transitions / 2);
        Assert.Equal(Explore(machine).Findings.SelectMany(finding => finding.Path), found.Findings.SelectMany(finding => finding.Path));
    }

    [Fact]
    public void A_finding_on_the_way_through_passed_states_has_its_own_rank_and_path()
    {
        var found = Explorer.Explore<JumpingMachine, long>(
            () => new JumpingMachine(37), new ExplorationBounds { OperationsMax = 3, ReducesOrder = true }, LoneCrew.Instance);
        var finding = found.Findings.Single();
        Assert.Equal((3, 10), (finding.Operations, finding.Steps));
        Assert.Equal(10, finding.Path.Length);
        // Ten states a layer up to the last, of which none is stored.
        Assert.Equal(30, found.States);
    }

    private static Exploration Explore(VaddrWaitMachine machine, ExplorationBounds? bounds = null) =>
        Explorer.Explore<VaddrWaitMachine, VaddrWaitState>(() => machine, bounds ?? new ExplorationBounds(), LoneCrew.Instance);

    private static ulong Deadlocks(Exploration found) => found.Findings.Aggregate(0UL, (sum, finding) => sum + finding.States);

    /// <summary>Breadth first with whole paths, in the order of choices: slow, and obviously right.</summary>
    private static int[] FirstShortest(VaddrWaitMachine machine)
    {
        machine.Initial(out var initial);
        var seen = new HashSet<VaddrWaitState> { initial };
        var waiting = new Queue<(VaddrWaitState State, int[] Path)>([(initial, [])]);
        var (successors, choices, keys) = (new VaddrWaitState[64], new Choice[64], new ulong[8]);
        while (waiting.TryDequeue(out var next))
        {
            var count = machine.Successors(in next.State, true, successors, choices);
            if (machine.Findings(in next.State, count == 0, keys) > 0)
                return next.Path;
            for (var i = 0; i < count; i++)
            {
                if (seen.Add(successors[i]))
                    waiting.Enqueue((successors[i], [.. next.Path, choices[i].Number]));
            }
        }
        return [];
    }

    /// <summary>A place on a line: steps go up to the next multiple of ten, an operation jumps ten ahead.</summary>
    private readonly struct JumpingMachine(long goal) : IMachine<long>
    {
        public int SuccessorsMax => 2;

        public string? Exhausted => null;

        public void Initial(out long state) => state = 0;

        public int Successors(in long state, bool operations, Span<long> successors, Span<Choice> choices)
        {
            var count = 0;
            if (state % 10 != 9)
                (successors[count], choices[count++]) = (state + 1, Choice.Step(0));
            if (operations)
                (successors[count], choices[count++]) = (state + 10, Choice.Operation(0));
            return count;
        }

        public Onward Pass(in long state, bool operations, out long behind)
        {
            behind = state + 1;
            return operations ? Onward.EveryWay : state % 10 != 9 ? Onward.OneStep : Onward.Nothing;
        }

        public int Findings(in long state, bool isFinal, Span<ulong> findings)
        {
            findings[0] = 1;
            return state == goal ? 1 : 0;
        }

        public ulong Weight(in long state) => 1;

        public string Describe(Choice choice) => choice.IsOperation ? "jump" : "walk";

        public string Describe(ulong finding) => "the goal";
    }
}
