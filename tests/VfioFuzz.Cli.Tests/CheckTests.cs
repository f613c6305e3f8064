using System.Text.Json;

namespace VfioFuzz.Cli.Tests;

/// <summary>The command on simulated designs, as in the README.</summary>
public sealed class CheckTests : IDisposable
{
    private readonly Command command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void The_blocking_design_shows_its_deadlocks_by_itself()
    {
        var ran = command.Run("check", "--target", "sim/blocking", "--seed", "1", "--programs", "3000", "--json");
        Assert.Equal(1, ran.Code);
        using var report = JsonDocument.Parse(ran.Out);
        var places = report.RootElement[0].GetProperty("findings").EnumerateArray()
            .Where(finding => finding.GetProperty("rule").GetString() == "deadlock")
            .Select(finding => finding.GetProperty("place").GetString()!)
            .ToArray();
        Assert.Contains(places, place => place.StartsWith("close @ close_device", StringComparison.Ordinal));
        Assert.Contains(places, place => place.StartsWith("exit @ close_device", StringComparison.Ordinal));
        Assert.Equal(
            report.RootElement[0].GetProperty("canary").GetProperty("planted").GetInt32(),
            report.RootElement[0].GetProperty("canary").GetProperty("caught").GetInt32());
    }

    [Fact]
    public void All_designs_are_told_finding_by_finding_and_side_by_side()
    {
        var ran = command.Run("check", "--all-designs", "--seed", "1", "--programs", "1000", "--quiet", "--findings", "found");
        Assert.Equal(3, ran.Code); // a thousand programs meet too few outcomes
        var files = Directory.GetFiles(Path.Combine(command.Directory, "found"), "deadlock-*")
            .Where(file => !File.ReadAllText(file).Contains("# place: unbind @ vfio_unregister_group_dev", StringComparison.Ordinal)) // OU-1
            .Select(file => Path.GetFileName(file)!).ToArray();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Contains(Path.Combine("found", file), ran.Out, StringComparison.Ordinal));
        Assert.Contains("known defect OU-1, seen ", ran.Out, StringComparison.Ordinal); // known ones are told by their ids
        Assert.Contains("known defect BZ-01, seen ", ran.Out, StringComparison.Ordinal);
        Assert.Contains("vacuous: ", ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("p0.t0: ", ran.Out, StringComparison.Ordinal); // no program: who wants one explains it
        var drawn = ran.Out.Split('\n').Single(line => line.StartsWith("a finding drawn", StringComparison.Ordinal)).Split(' ')[^1];
        Assert.Equal(0, command.Run("explain", drawn.Trim()).Code);
    }

    [Fact]
    public void The_same_seed_gives_the_same_files()
    {
        string[] Files(string folder)
        {
            command.Run("check", "--target", "sim/blocking", "--seed", "3", "--programs", "1000", "--quiet", "--findings", folder);
            return [.. Directory.GetFiles(Path.Combine(command.Directory, folder)).Order(StringComparer.Ordinal)
                .Select(file => Path.GetFileName(file) + File.ReadAllText(file))];
        }

        var first = Files("first");
        Assert.NotEmpty(first);
        Assert.Equal(first, Files("second"));
    }

    [Fact]
    public void A_planted_wrong_answer_is_found_and_shrunk()
    {
        var ran = command.Run("check", "--target", "sim/removal", "--programs", "2000", "--plant", "wrong-errno", "--quiet");
        Assert.Equal(1, ran.Code);
        Assert.Contains("map: observed EINVAL, allowed EEXIST", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_replays_with_1_and_shrinks_no_further()
    {
        command.Run("check", "--target", "sim/blocking", "--seed", "1", "--programs", "1000", "--quiet", "--findings", "found");
        var file = Directory.GetFiles(Path.Combine(command.Directory, "found"), "deadlock-*").Order(StringComparer.Ordinal).First();
        var replayed = command.Run("replay", file);
        Assert.Equal(1, replayed.Code);
        Assert.Contains("as the file says", replayed.Out, StringComparison.Ordinal);
        var lines = File.ReadLines(file).Count(line => line.StartsWith('p'));
        var shrunk = command.Run("shrink", file);
        Assert.Equal(lines, shrunk.Out.Split('\n').Count(line => line.StartsWith('p')));
    }

    [Fact]
    public void Killing_a_campaign_loses_nothing_it_has_found()
    {
        using var process = command.Start("check", "--target", "sim/blocking", "--time", "60", "--quiet", "--findings", "kept");
        var folder = Path.Combine(command.Directory, "kept");
        while (!Directory.Exists(folder) || Directory.GetFiles(folder, "*.vprog").Length < 2)
            Assert.False(process.WaitForExit(20));
        process.Kill();
        process.WaitForExit();
        Assert.All(
            Directory.GetFiles(folder, "*.vprog"),
            file => Assert.NotNull(Checking.FindingText.Of(Programs.ProgramText.Parse(File.ReadAllText(file), file))));
    }
}
