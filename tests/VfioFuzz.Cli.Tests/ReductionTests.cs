using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Simulation;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Cli.Tests;

/// <summary>
/// Each reduction alone against the search without any: every finding and fact with its grade, place, operations and steps, and, where states
/// are merged, the very path.
/// </summary>
public sealed class ReductionTests
{
    private const int OperationsMax = 3;

    public static TheoryData<string, string> Setups()
    {
        var setups = new TheoryData<string, string>();
        foreach (var design in (string[])[.. SimulatedTarget.Designs, "exclusion~LeaksGroupFile", "blocking~CloseLeavesWorker"])
            setups.Add(design, ExplorationMenu.Standard);
        foreach (var design in (string[])["blocking", "waiters", "waiters~FlagsFirstWaiterOnly", "waiters~FlagsWaitersOfAllDevices"])
        {
            setups.Add(design, ExplorationMenu.Workers);
            setups.Add(design, ExplorationMenu.Tenants);
        }
        return setups;
    }

    [Theory]
    [MemberData(nameof(Setups))]
    public void Each_alone_keeps_the_findings_of_the_unreduced_search(string design, string menu)
    {
        var whole = Explore(design, menu, StateMerging.None, reducesOrder: false);
        var deadData = Explore(design, menu, StateMerging.DeadData, reducesOrder: false);
        var symmetry = Explore(design, menu, StateMerging.Symmetry, reducesOrder: false);
        var order = Explore(design, menu, StateMerging.None, reducesOrder: true);
        Assert.NotEmpty(whole.Found);
        Assert.Equal(whole.Found, deadData.Found);
        Assert.Equal(whole.Found, symmetry.Found);
        Assert.Equal(whole.Found, order.Found);
        Assert.True(deadData.States < whole.States, $"dead data: {deadData.States} of {whole.States} states");
        Assert.True(symmetry.States < whole.States, $"symmetry: {symmetry.States} of {whole.States} states");
        Assert.True(order.States < whole.States, $"partial order: {order.States} of {whole.States} states");
    }

    [Theory]
    [InlineData(StateMerging.DeadData)]
    [InlineData(StateMerging.Symmetry)]
    [InlineData(StateMerging.All)]
    public void Merged_states_keep_the_first_of_the_shortest_paths(StateMerging merging) =>
        Assert.Equal(Paths("blocking", StateMerging.None), Paths("blocking", merging));

    [Theory]
    [InlineData("--no-symmetry", "dead data: ", "symmetry: ")]
    [InlineData("--no-dead-data", "symmetry: ", "dead data: ")]
    [InlineData("--no-por", "symmetry: ", "partial order: ")]
    public void A_certificate_says_what_is_on_and_names_the_switch(string option, string on, string off)
    {
        using var command = new Command();
        var text = command.Run("explore", "--target", "sim/exclusion", "--ops", "1", option, "--quiet").Out;
        var reductions = text.Split('\n').Single(line => line.StartsWith("  reductions", StringComparison.Ordinal));
        Assert.Contains(on, reductions, StringComparison.Ordinal);
        Assert.DoesNotContain(off, reductions, StringComparison.Ordinal);
        Assert.Contains($"  again        vfiofuzz explore --target sim/exclusion --ops 1 {option}\n", text, StringComparison.Ordinal);
    }

    private static (List<string> Found, long States) Explore(string design, string menu, StateMerging merging, bool reducesOrder)
    {
        var (space, found) = Search(design, menu, merging, new ExplorationBounds
        {
            OperationsMax = OperationsMax, ReducesOrder = reducesOrder, WantsPaths = false, IsExact = true,
        });
        return ([.. found.Findings.Select(finding => $"{finding.Operations} {finding.Steps} {space.Describe(finding.Key)}").Order(StringComparer.Ordinal)], found.States);
    }

    private static List<string> Paths(string design, StateMerging merging)
    {
        var (space, found) = Search(design, ExplorationMenu.Standard, merging, new ExplorationBounds { OperationsMax = 4, IsExact = true });
        Assert.Contains(found.Findings, finding => finding.Path.Length > 10);
        return [.. found.Findings.Select(finding =>
            $"{space.Describe(finding.Key)}: {string.Join(' ', finding.Path.Select(choice => choice.Value))}")];
    }

    private static (SimulatedSpace, Exploration) Search(string design, string menu, StateMerging merging, ExplorationBounds bounds)
    {
        using var target = new SimulatedTarget(design);
        var space = SimulatedSpace.Of(design, ExplorationMenu.For(target.Kinds, menu), merging);
        var found = space.Accept(new ExplorationRun(bounds, 1, null, default));
        Assert.Null(found.Bound);
        return (space, found);
    }
}
