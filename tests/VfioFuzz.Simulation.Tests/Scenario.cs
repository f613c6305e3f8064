using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Simulation.Tests;

/// <summary>Words that the tests' programs share: slots, addresses and the usual beginnings.</summary>
internal static class Scenario
{
    public const int C = 3;
    public const int G = 4;
    public const int D = 5;
    public const int G1 = 6;
    public const int D1 = 7;
    public const int C2 = 8;

    public const ulong P = Limits.PageSize;

    public static readonly TaskId T0 = TaskId.Of(0, 0);
    public static readonly TaskId T1 = TaskId.Of(0, 1);
    public static readonly TaskId Child = TaskId.Of(1, 0);

    public static readonly World MdevWorker = new(DeviceSpec.Mdev);

    public static HostAddress Page(int page) => new(Limits.WindowBase + (ulong)page * P);

    public static Operation Map(TaskId task, ulong iova, ulong size, int page, MapFlags flags = MapFlags.Read | MapFlags.Write, int at = C) =>
        Operation.Map(task, at, new(iova), new(size), Page(page), flags);

    public static Operation Unmap(TaskId task, ulong iova, ulong size, UnmapFlags flags = 0, int at = C) =>
        Operation.Unmap(task, at, new(iova), new(size), flags);

    public static Operation InvalidateAll(TaskId task) => Unmap(task, 0, 0, UnmapFlags.All | UnmapFlags.Vaddr);

    public static Operation SubmitPin(TaskId task, ulong iova, ulong pages = 1, int device = 0) =>
        Operation.SubmitPin(task, device, new(iova), pages, Access.ReadWrite);

    public static Operation Pin(TaskId task, ulong iova, ulong pages = 1, int at = D) =>
        Operation.Pin(task, at, new(iova), pages, Access.ReadWrite);

    public static Operation Unpin(TaskId task, ulong iova, ulong pages = 1, int at = D) =>
        Operation.Unpin(task, at, new(iova), pages);

    /// <summary>Container, group and device 0 open and set up (5 lines, 6 with the device fd).</summary>
    public static Operation[] SetUp(int container = C, int group = G, int device = D, ulong type = Extension.Type1V2) =>
    [
        Operation.OpenContainer(T0, container),
        Operation.OpenGroup(T0, 0, group),
        Operation.Attach(T0, group, container),
        Operation.SetIommu(T0, container, type),
        Operation.GetDevice(T0, group, 0, device),
    ];

    /// <summary>A second device's group in the same container, with its device fd (3 lines).</summary>
    public static Operation[] Second(int number = 1) =>
    [
        Operation.OpenGroup(T0, number, G1),
        Operation.Attach(T0, G1, C),
        Operation.GetDevice(T0, G1, number, D1),
    ];

    public static Program Of(World world, params Operation[][] parts) => Program.Sequential(world, parts.SelectMany(x => x).ToArray());

    public static History Run(Program program, string design = "blocking", ulong seed = 1)
    {
        using var target = new SimulatedTarget(design);
        return target.Run([program], new RunRequest(seed)).Single();
    }

    /// <summary>As <see cref="Run"/>, with state rules after every atomic step.</summary>
    public static History RunChecked<TDesign>(Program program, ulong seed = 1, Slip slip = Slip.None)
        where TDesign : struct, IDesign
    {
        using var target = new SimulatedTarget(new Simulator<TDesign>(RuleChecks.EveryStep, slip));
        return target.Run([program], new RunRequest(seed)).Single();
    }

    /// <summary>The last word about a line: its answer, or blocked.</summary>
    public static Answer Final(this History history, int line)
    {
        var final = default(Answer);
        foreach (var happened in history.Events)
        {
            if (happened.Line == line && happened.Kind is EventKind.Answered or EventKind.Blocked && happened.Line == line)
                final = happened.Kind == EventKind.Blocked ? Answer.Blocked : happened.Answer;
        }
        return final;
    }

    public static string Answers(this History history, int lines, int from = 0) =>
        string.Join(" | ", Enumerable.Range(from, lines - from).Select(line => history.Final(line).ToString()));

    public static FreezeOutcome Freeze(this History history, FreezeMode mode, int process = 0) =>
        history.Freezes.Single(x => x.Mode == mode && x.Process == process);

    public static string[] Stuck(this History history, FreezeMode mode, int process = 0) =>
        [.. history.Freeze(mode, process).Stuck.Select(x => x.ToString())];
}
