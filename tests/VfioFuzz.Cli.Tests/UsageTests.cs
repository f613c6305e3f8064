namespace VfioFuzz.Cli.Tests;

public sealed class UsageTests : IDisposable
{
    private readonly Command command = new();

    public void Dispose() => command.Dispose();

    [Theory]
    [InlineData("no verb")]
    [InlineData("an unknown verb", "frob")]
    [InlineData("no target", "check")]
    [InlineData("an unknown target", "check", "--target", "sim/none")]
    [InlineData("too many threads", "check", "--target", "sim/blocking", "--threads", "3")]
    [InlineData("no programs", "check", "--target", "sim/blocking", "--programs", "0")]
    [InlineData("an unknown plant", "check", "--target", "sim/blocking", "--plant", "nothing")]
    [InlineData("a module for a design", "check", "--target", "sim/blocking", "--type1", "missing.ko")]
    [InlineData("a missing file", "replay", "missing.vprog")]
    [InlineData("a missing tree", "kernel", "prepare", "mine", "--from", "missing")]
    public void What_the_user_gets_wrong_ends_with_2_and_a_message(string wrong, params string[] arguments)
    {
        var ran = command.Run(arguments);
        Assert.True(ran.Code == 2, $"{wrong}: {ran}");
        Assert.StartsWith("vfiofuzz: ", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_target_is_answered_with_the_known_ones()
    {
        var ran = command.Run("check", "--target", "sim/none");
        Assert.Contains("known are sim/blocking, ", ran.Error, StringComparison.Ordinal);
        Assert.Contains("linux/6.1", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_is_no_program_is_told_with_file_line_and_column()
    {
        var file = command.File("wrong.vprog", "vprog 1   target sim/blocking\nworld  d0 mdev\np0.t0: clsoe 3\n");
        var ran = command.Run("replay", file);
        Assert.Equal(2, ran.Code);
        Assert.StartsWith($"vfiofuzz: {file}:3:8: expected", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_without_a_target_wants_one() => Assert.Contains(
        "--target", command.RunOn("vprog 1\nworld  d0 mdev\np0.t0: observe\n", "replay", "-").Error, StringComparison.Ordinal);

    [Fact]
    public void A_kernel_that_is_not_prepared_ends_with_4_and_the_command_that_prepares_it()
    {
        var ran = command.Run("check", "--target", "linux/6.1", "--programs", "1");
        Assert.Equal(4, ran.Code);
        Assert.Contains("vfiofuzz kernel prepare 6.1", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_dialects_are_printed_side_by_side_from_the_data()
    {
        var table = command.Run("dialects");
        Assert.Equal(0, table.Code);
        var row = Assert.Single(table.Out.Split('\n'), line => line.Contains("WaitsForVaddr", StringComparison.Ordinal));
        Assert.Matches("-  *yes  *yes  *yes  *-  *-  *-  *-", row);
        Assert.Contains("DmaEntryLimit", table.Out, StringComparison.Ordinal);

        using var json = System.Text.Json.JsonDocument.Parse(command.Run("dialects", "--json").Out);
        var waits = json.RootElement.GetProperty("promises").EnumerateArray().Single(promise => promise.GetProperty("name").ValueEquals("WaitsForVaddr"));
        Assert.Equal("type1-semantics 5.5", waits.GetProperty("authority").GetString());
        Assert.Equal(["blk1", "blk2", "blk3", "chain", "waiters", "sticky", "waiting61"], waits.GetProperty("kept").EnumerateObject()
            .Where(kept => kept.Value.GetBoolean()).Select(kept => kept.Name));
    }

    [Fact]
    public void The_rules_are_listed_with_their_authority()
    {
        var ran = command.Run("rules");
        Assert.Equal(0, ran.Code);
        Assert.All(
            Checking.RuleBook.All, rule => Assert.Contains($"  {rule.Name} ", ran.Out, StringComparison.Ordinal));
        Assert.All(Model.Rules.All, rule => Assert.Contains($"  {rule.Name} ", ran.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void The_rule_of_a_report_is_shown_with_what_the_last_run_exercised_of_it()
    {
        Assert.Contains("no check was run yet", command.Run("rules", "map.exists").Out, StringComparison.Ordinal);
        Assert.True(command.Run("check", "--target", "sim/exclusion", "--programs", "2000", "--quiet").Code is 0 or 3); // too few to say clean

        var exists = command.Run("rules", "map.exists").Out;
        Assert.Matches("EEXIST [1-9]", exists);
        Assert.Contains("type1-semantics 1.5 row 10", exists, StringComparison.Ordinal);
        Assert.Contains("sim/exclusion as exc: seed 1, 2,000 programs", exists, StringComparison.Ordinal);
        Assert.Contains("blocked out of reach: no call of this dialect waits", command.Run("rules", "attach.waits").Out, StringComparison.Ordinal);
        Assert.Contains("known defect", command.Run("rules").Out, StringComparison.Ordinal);
        Assert.Contains("no such rule", command.Run("rules", "map.exist").Error, StringComparison.Ordinal);
        Assert.Contains("like it are map.exists", command.Run("rules", "map.exist").Error, StringComparison.Ordinal);
    }
}
