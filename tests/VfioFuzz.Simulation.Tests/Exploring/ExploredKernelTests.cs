using System.Runtime.InteropServices;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Exploring;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Simulation.Tests.Exploring;

public sealed class ExploredKernelTests
{
    private const int OperationsMax = 4;

    private static readonly ExplorationSetup Setup = new(
        new World(DeviceSpec.Mdev with { Lock = DriverLock.Own }, DeviceSpec.Pci),
        Lines("open container at=1 ; open group d0 at=2 ; attach 2 1 ; set-iommu 1 type1v2 ; get-device 2 d0 at=3"),
        Lines("map 1 iova=0x1000 size=0x1000 vaddr=page1 rw ; map 1 iova=0x0 size=0x1000 vaddr=page0 rw ; unmap 1 iova=0x0 size=0x0 all ; unmap 1 iova=0x0 size=0x0 all vaddr ;"
            + "submit d0.w0 pin iova=0x0 pages=1 rw ; submit d0.w0 unpin iova=0x0 pages=1 ; close 3 ; open group d1 at=4 ; get-device 2 d0 at=0 ; fork p1 ; exec"));

    [Theory]
    [InlineData(StateMerging.DeadData)]
    [InlineData(StateMerging.Symmetry)]
    [InlineData(StateMerging.All)]
    public void Canonical_states_are_those_of_the_whole_machine_without_what_nobody_reads_or_sees(StateMerging merging)
    {
        var (canonical, whole) = (Reachable(merging), Reachable(StateMerging.None));
        Assert.True(canonical.States.Count < whole.States.Count);
        // Symmetry alone leaves the numbers of what is dead as they come, so it is compared behind both.
        Assert.True(Canonical(whole.States).SetEquals(Canonical(canonical.States)));
        if (merging == StateMerging.All)
            Assert.True(canonical.States.SetEquals(Canonical(whole.States)));
        Assert.Equal(whole.Findings.Order(), canonical.Findings.Order());
        Assert.Contains("deadlock/kill-one", string.Join('\n', canonical.Findings));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_path_as_a_program_comes_to_the_same_state(bool sequential)
    {
        var compared = 0;
        for (ulong seed = 1; seed <= 3000; seed++)
        {
            var kernel = new ExploredKernel<Blocking>(Setup with { IsSequential = sequential }, new FindingKeys());
            var path = Walk(kernel, new Randomness(seed), out var end);
            var (program, schedule) = new PathProgram<Blocking>(kernel.Setup, new ExploredKernel<Blocking>(kernel.Setup, new FindingKeys(), merging: StateMerging.None))
                .Of([.. path]);
            var simulator = new Simulator<Blocking>(RuleChecks.Never);
            simulator.Run(program, new RunRequest(1, schedule), new History());
            // A run that ends with nobody in the kernel is torn down.
            if (end.Broken != 0 || end.Machine.Active == 0)
                continue;
            compared++;
            end.Machine = WithoutLines(end.Machine);
            Assert.Equal(Text(in end), Text(Canonical(simulator.Machine.State)));
        }
        Assert.True(compared > 30, $"{compared} walks end with a blocked task");
    }

    /// <summary>The blocked pin of DL-02, and what its freezing says.</summary>
    [Fact]
    public void A_worker_that_waits_for_a_vaddr_is_a_deadlock_of_a_killed_owner()
    {
        var found = Reachable(StateMerging.All).Findings;
        Assert.Contains(
            "deadlock/kill-one (exit @ close_device: stop worker + submit pin @ vfio_iommu_type1_pin_pages: vfio_wait)", found);
        Assert.Contains("blocks (submit pin @ vfio_iommu_type1_pin_pages: vfio_wait)", found);
    }

    private static (HashSet<string> States, HashSet<string> Findings) Reachable(StateMerging merging)
    {
        var keys = new FindingKeys();
        var kernel = new ExploredKernel<Blocking>(Setup, keys, merging: merging);
        var (successors, choices) = (new ExploredState[kernel.SuccessorsMax], new Choice[kernel.SuccessorsMax]);
        kernel.Initial(out var initial);
        var operations = new Dictionary<string, int> { [Text(in initial)] = 0 };
        var waiting = new PriorityQueue<(ExploredState State, int Operations), int>([((initial, 0), 0)]);
        var findings = new HashSet<string>();
        var found = new ulong[IMachine<ExploredState>.FindingsMax];
        while (waiting.TryDequeue(out var next, out _))
        {
            foreach (var key in found.AsSpan(0, kernel.Findings(in next.State, found)))
                findings.Add(keys.Describe(key));
            var count = kernel.Successors(in next.State, next.Operations < OperationsMax, successors, choices);
            for (var i = 0; i < count; i++)
            {
                var used = next.Operations + (choices[i].IsOperation ? 1 : 0);
                if (operations.TryGetValue(Text(in successors[i]), out var before) && before <= used)
                    continue;
                operations[Text(in successors[i])] = used;
                waiting.Enqueue((successors[i], used), used);
            }
        }
        return ([.. operations.Keys], findings);
    }

    /// <summary>A walk at random until nothing can run, with operations among the steps.</summary>
    private static List<Choice> Walk(ExploredKernel<Blocking> kernel, Randomness randomness, out ExploredState end)
    {
        var (successors, choices) = (new ExploredState[kernel.SuccessorsMax], new Choice[kernel.SuccessorsMax]);
        var path = new List<Choice>();
        kernel.Initial(out end);
        for (var operations = 0; ;)
        {
            var count = kernel.Successors(in end, operations < 8, successors, choices);
            if (count == 0)
                return path;
            var taken = (int)randomness.Below((uint)count);
            operations += choices[taken].IsOperation ? 1 : 0;
            path.Add(choices[taken]);
            end = successors[taken];
        }
    }

    private static HashSet<string> Canonical(IEnumerable<string> states) => [.. states.Select(bytes =>
    {
        var state = MemoryMarshal.Read<ExploredState>(Convert.FromHexString(bytes));
        CanonicalState.Normalize(ref state.Machine, default);
        return Text(in state);
    })];

    private static ExploredState Canonical(Kernel.MachineState state)
    {
        CanonicalState.Normalize(ref state, default);
        // Lines of a program have other numbers than items of a menu.
        return new ExploredState { Machine = WithoutLines(state) };
    }

    private static Kernel.MachineState WithoutLines(Kernel.MachineState state)
    {
        for (var task = 0; task < Limits.TasksMax; task++)
            state.Tasks[task].Line = 0;
        return state;
    }

    private static string Text(in ExploredState state) =>
        Convert.ToHexString(MemoryMarshal.AsBytes(new ReadOnlySpan<ExploredState>(in state)));

    private static System.Collections.Immutable.ImmutableArray<Operation> Lines(string text) =>
        [.. ProgramText.Parse($"vprog 1\nworld d0 mdev d1 pci\np0.t0: {text}\n", "test").Program.Lines.Select(line => line.Operation)];
}
