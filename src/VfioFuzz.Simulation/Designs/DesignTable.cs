using System.Collections.Immutable;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Exploring;
using VfioFuzz.Simulation.Running;

namespace VfioFuzz.Simulation.Designs;

/// <summary>Every design by its name, as it is and with a slip.</summary>
internal static class DesignTable
{
    private const char SlipMark = '~';

    /// <summary>In the order of the argument: what blocked, what was proposed, what was merged.</summary>
    public static ImmutableArray<DesignEntry> All { get; } =
    [
        DesignEntry.Of<Blocking>(),
        DesignEntry.Of<BlockingShouldStopFaithful>(),
        DesignEntry.Of<BlockingLastPageFaithful>(),
        DesignEntry.Of<BlockingStable>(),
        DesignEntry.Of<BlockingNotifierChain>(),
        DesignEntry.Of<BlockingOddHost>(),
        DesignEntry.Of<Waiters>(),
        DesignEntry.Of<Sticky>(),
        DesignEntry.Of<Removal>(),
        DesignEntry.Of<FileBacked>(),
        DesignEntry.Of<ChangeMm>(),
        DesignEntry.Of<Exclusion>(),
        DesignEntry.Of<Iommufd>(),
    ];

    /// <summary>The design, or the mutant <c>DESIGN~SLIP</c>, of that name; null when there is none.</summary>
    public static ISimulator? Make(string name, RuleChecks checks) => Find(name, out var slip)?.Make(checks, slip);

    /// <summary>Everything that can happen on that design or mutant; null when there is none.</summary>
    public static SimulatedSpace? Space(string name, ExplorationSetup setup, StateMerging merging) =>
        Find(name, out var slip)?.MakeSpace(setup, slip, merging);

    /// <summary>Everything that one program can come to on that design; null when there is none.</summary>
    public static WitnessSpace? Witness(string name, WitnessSetup setup) =>
        Find(name, out var slip)?.MakeWitness(setup, slip);

    private static DesignEntry? Find(string name, out Slip slip)
    {
        var mark = name.IndexOf(SlipMark, StringComparison.Ordinal);
        slip = Slip.None;
        if (mark >= 0 && !IsSlip(name[(mark + 1)..], out slip))
            return null;
        var design = mark >= 0 ? name[..mark] : name == "blocking?should-stop=safe" ? Blocking.Name : name;
        return All.FirstOrDefault(entry => entry.Name == design);
    }

    /// <summary>The kinds that programs for a design may hold.</summary>
    public static KindSet KindsOf(DesignOperations known)
    {
        // No design tracks dirty pages: nothing that designs argue about depends on them.
        var kinds = KindSet.All.Without(KindSet.Reserved).Without(KindSet.OfKernels);
        if ((known & DesignOperations.MapFile) != 0)
            kinds = kinds.With(KindSet.Of(OperationKind.MapFile));
        if ((known & DesignOperations.ChangeMm) != 0)
            kinds = kinds.With(KindSet.Of(OperationKind.ChangeMm));
        if ((known & DesignOperations.ChangeProcess) != 0)
            kinds = kinds.With(KindSet.Of(OperationKind.ChangeProcess));
        if ((known & DesignOperations.FileSize) != 0)
            kinds = kinds.With(KindSet.Of(OperationKind.Truncate, OperationKind.PunchHole));
        if ((known & DesignOperations.Unbind) != 0)
            kinds = kinds.With(KindSet.Of(OperationKind.Unbind));
        return kinds;
    }

    private static bool IsSlip(string word, out Slip slip) =>
        Enum.TryParse(word, out slip) && slip != Slip.None && !char.IsDigit(word[0]);
}

/// <summary>A design and how its simulator is made.</summary>
internal sealed record DesignEntry(
    string Name, KindSet Kinds, Func<RuleChecks, Slip, ISimulator> Make, Func<ExplorationSetup, Slip, StateMerging, SimulatedSpace> MakeSpace,
    Func<WitnessSetup, Slip, WitnessSpace> MakeWitness)
{
    public static DesignEntry Of<TDesign>()
        where TDesign : struct, IDesign => new(
        TDesign.Name,
        DesignTable.KindsOf(TDesign.Knows),
        (checks, slip) => slip == Slip.None
            ? new Simulator<TDesign>(checks)
            : new Simulator<Slipping<TDesign>>(checks, slip),
        (setup, slip, merging) => slip == Slip.None
            ? new Space<TDesign>(setup, slip) { Merging = merging }
            : new Space<Slipping<TDesign>>(setup, slip) { Merging = merging },
        (setup, slip) => slip == Slip.None ? new WitnessSpace<TDesign>(setup, slip) : new WitnessSpace<Slipping<TDesign>>(setup, slip));
}
