using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Tests;

public sealed class ReachabilityTests
{
    private static readonly Platform Waiting = Platform.Simulated with { Kernel = "a kernel", Dialect = DialectName.Blk3 };

    private static readonly Platform Excluding = Platform.Simulated with { Kernel = "a kernel", Dialect = DialectName.S61 };

    [Fact]
    public void A_table_of_nothing_lacks_every_kind_but_the_reserved_ones()
    {
        var missing = Reachability.Vacuities(new OutcomeTable(), Waiting).Select(line => line.Split(':')[0]);
        var expected = OperationForm.All.Where(form => !KindSet.Reserved.Has(form.Kind)).Select(form => form.Mnemonic);
        Assert.Equal(expected, missing);
    }

    [Fact]
    public void Simulated_machines_do_not_miss_what_only_kernels_have() => Assert.DoesNotContain(
        Reachability.Vacuities(new OutcomeTable(), Platform.Simulated with { Kernel = "sim/blocking", Dialect = DialectName.Blk3 }),
        line => line.StartsWith("dirty-pages", StringComparison.Ordinal) || line.StartsWith("unbind", StringComparison.Ordinal));

    [Fact]
    public void Every_kind_that_programs_hold_has_expected_outcomes() => Assert.All(
        OperationForm.All.Where(form => !KindSet.Reserved.Has(form.Kind)),
        form => Assert.NotEmpty(ExpectedOutcomes.Of(form.Kind)));

    [Fact]
    public void What_a_platform_cannot_show_has_a_reason_and_is_not_missed()
    {
        var table = Table(OperationKind.Pin, Answer.Ok());
        Assert.Contains(Reachability.Vacuities(table, Waiting), line => line.StartsWith("pin: ", StringComparison.Ordinal)
            && line.Contains("blocked 0 times", StringComparison.Ordinal));
        Assert.DoesNotContain(
            Reachability.Vacuities(table, Excluding),
            line => line.Contains("blocked", StringComparison.Ordinal) && !line.StartsWith("unbind", StringComparison.Ordinal));
    }

    [Fact]
    public void Seen_often_enough_is_not_missed()
    {
        var table = new OutcomeTable();
        var program = Program.Sequential(default, Operation.Observe(default));
        for (var run = 0; run < Reachability.SightsMin; run++)
        {
            foreach (var answer in (Answer[])[Answer.Ok(), Answer.NotRun])
            {
                var history = new History();
                history.Add(HistoryEvent.Answered(0, answer, 1));
                table.Add(program, history);
            }
        }
        Assert.DoesNotContain(
            Reachability.Vacuities(table, Excluding), line => line.StartsWith("observe", StringComparison.Ordinal));
    }

    private static OutcomeTable Table(OperationKind kind, Answer answer)
    {
        var table = new OutcomeTable();
        var history = new History();
        history.Add(HistoryEvent.Answered(0, answer, 1));
        table.Add(new Program(default, [new(new Operation(kind, default, 0, 0, 0, 0, 0, 0))]), history);
        return table;
    }
}
