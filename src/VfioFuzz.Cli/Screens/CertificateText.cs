using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Checking;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli.Screens;

/// <summary>A search and all that is needed to do it again.</summary>
/// <param name="Space">What was searched.</param>
/// <param name="Bounds">How far.</param>
/// <param name="Found">What it came to.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Threads">With how many threads.</param>
/// <param name="Again">The command that recomputes it.</param>
internal sealed record Certificate(
    SimulatedSpace Space, ExplorationBounds Bounds, Exploration Found, TimeSpan Elapsed, int Threads, string Again);

/// <summary>A certificate in words: what was searched, what was checked on every state, what was found, and what was not looked at.</summary>
internal sealed class CertificateText(Certificate certificate, TextWriter to)
{
    /// <summary>Rules that are facts of one state, in the order of the rule book.</summary>
    private static readonly ImmutableArray<Rule> Covered =
    [
        RuleBook.KernelBug, RuleBook.StaleVaddr, RuleBook.LeakedPin, RuleBook.VisiblePage, RuleBook.PinBalance, RuleBook.Deadlock, RuleBook.Livelock,
        .. RuleBook.All.Where(rule => rule.Name is "I1" or "I2" or "I3" or "I4" or "I5" or "I6" or "I11"),
    ];

    public void Print()
    {
        var (found, space) = (certificate.Found, certificate.Space);
        Say($"certificate  sim/{space.Design}, {Bound()}");
        Say($"  verdict      {Verdict()}");
        Say($"  rules        {string.Join(", ", Covered.Select(rule => rule.Name))}; on every state");
        Say("  deadlocks    kill-one of each process and kill-all, from every state in which nothing can run and somebody sleeps; lowest task first");
        Say("  not covered  answers (errno, sizes), locked_vm, tear-down");
        Say($"  overlap      {(space.Setup.IsSequential ? "none: an operation starts when all others have returned or sleep" : "operations start whenever their thread is in user space; every schedule")}");
        Say($"  reductions   {Reductions(space, certificate.Bounds)}; operations on a closed descriptor are left out");
        foreach (var preserved in Preserved(space, certificate.Bounds))
            Say($"  preserved    {preserved}");
        Say($"  states       {found.States:n0} in {found.Transitions:n0} transitions, {found.Depth} steps deep{(found.Passed == 0 ? "" : Text($"; {found.Passed:n0} more were passed, looked at and not stored"))}");
        Say($"  stored as    {Stored()}");
        Say($"  memory       {Mebibytes(found.PeakBytes)} at most, {PerState(found.SeenBytes):f1} bytes a stored state, {PerState(found.PeakBytes):f1} with the frontier at its largest");
        Say($"  time         {certificate.Elapsed.TotalSeconds:f1} s with {certificate.Threads} threads, {found.States / Math.Max(0.001, certificate.Elapsed.TotalSeconds):n0} new states/s");
        Say($"  again        {certificate.Again}");
        PrintGrowth();
        PrintMenu();
    }

    /// <summary>Findings and facts, a line each; where each finding's program is, or why there is none.</summary>
    public void Print(IEnumerable<(ExploredFinding Found, string Where)> findings)
    {
        foreach (var (found, where) in findings)
            Say($"finding  {found.Operations} operations, {found.Steps} steps, {found.States:n0} states: {certificate.Space.Describe(found.Key)}{where}");
        foreach (var fact in certificate.Found.Findings.Where(finding => finding.IsFact))
            Say($"fact     {fact.Operations} operations, {fact.Steps} steps, {fact.States:n0} states: {certificate.Space.Describe(fact.Key)}");
    }

    /// <summary>By what states are merged, and which are passed.</summary>
    public static string Reductions(SimulatedSpace space, ExplorationBounds bounds)
    {
        var reductions = new List<string>();
        if ((space.Merging & StateMerging.DeadData) != 0)
            reductions.Add("dead data: what no later step reads (dead locals, freed objects)");
        if ((space.Merging & StateMerging.Symmetry) != 0)
            reductions.Add("symmetry: numbers that nobody sees (mappings, files, pins)");
        if (bounds.ReducesOrder)
            reductions.Add("partial order: states are not stored from which one step suffices, as it commutes with all that may come before it, or nothing follows");
        return reductions.Count == 0 ? "none" : string.Join("; ", reductions);
    }

    private static IEnumerable<string> Preserved(SimulatedSpace space, ExplorationBounds bounds)
    {
        if (space.Merging != StateMerging.None)
        {
            var by = string.Join(" and ", new[] { (StateMerging.DeadData, "dead data"), (StateMerging.Symmetry, "symmetry") }
                .Where(each => (space.Merging & each.Item1) != 0).Select(each => each.Item2));
            yield return $"by {by}: every finding with its grade, place, number of operations and steps, and its path; counts are of merged states";
        }
        if (bounds.ReducesOrder)
            yield return "by partial order: every finding with its grade, place and number of operations; paths are those of all steps; counts are of states looked at";
    }

    private string Bound() => certificate.Found.Bound is { } bound
        ? Text($"inconclusive at {certificate.Bounds.OperationsMax} operations: {bound}; complete up to {certificate.Found.OperationsComplete}")
        : Text($"complete up to {certificate.Bounds.OperationsMax} operations");

    private string Verdict()
    {
        var findings = certificate.Found.Findings.Count(finding => !finding.IsFact);
        var complete = certificate.Found.OperationsComplete;
        return findings > 0 ? Text($"{findings} findings")
            : complete < 0 ? "none"
            : Text($"no rule is broken by any program of at most {complete} operations of the menu, under any schedule");
    }

    private string Stored() => certificate.Bounds.IsExact ? "whole states"
        : certificate.Found.CollisionProbability == 0 ? "pairs of the numbers of head and rest, each part of a state once; no two states can be taken for one"
        : Text($"128-bit fingerprints; two states were taken for one with a probability of at most {certificate.Found.CollisionProbability:e1}");

    private void PrintGrowth()
    {
        Say("  operations        new states   times     transitions  steps deep");
        var before = 0L;
        foreach (var layer in certificate.Found.Layers)
        {
            var growth = before == 0 ? "" : Text($"{(double)layer.States / before:f1}");
            Say($"  {layer.Operations,10}  {layer.States,16:n0}  {growth,6}  {layer.Transitions,14:n0}  {layer.Depth,10}");
            before = layer.States;
        }
    }

    private void PrintMenu()
    {
        var setup = certificate.Space.Setup;
        var document = new ProgramDocument(Program.Sequential(setup.World, setup.Prologue.AsSpan()));
        Say("  begins after");
        foreach (var line in ProgramText.Print(document).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1))
            Say($"    {line}");
        Say("  menu");
        foreach (var thread in setup.Menu.GroupBy(operation => operation.Task))
        {
            foreach (var row in thread.Select(operation => OperationText.Print(operation)).Chunk(4))
                Say($"    {thread.Key}: {string.Join(" ; ", row)}");
        }
    }

    private double PerState(long bytes) => (double)bytes / Math.Max(1, certificate.Found.States);

    private static string Mebibytes(long bytes) => Text($"{bytes / (double)(1 << 20):n1} MiB");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Say(FormattableString text) => to.WriteLine(Text(text));

    private void Say(string text) => to.WriteLine(text);
}
