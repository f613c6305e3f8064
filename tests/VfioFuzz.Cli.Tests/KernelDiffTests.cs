using System.Text.Json;

namespace VfioFuzz.Cli.Tests;

/// <summary><c>kernel diff</c>: on designs, whose promises differ as releases' do, and on two real kernels.</summary>
public sealed class KernelDiffTests : IDisposable
{
    private readonly Command command = new();
    private readonly Command onKernels = new() { HasKernels = true };

    public void Dispose()
    {
        command.Dispose();
        onKernels.Dispose();
    }

    [Theory]
    [InlineData("sim/removal", "sim/exclusion", "UpdatesVaddr")]
    [InlineData("sim/exclusion", "sim/removal", "UpdatesVaddr")]
    public void Every_difference_is_explained_by_the_promise_behind_it(string first, string second, string promise)
    {
        var ran = command.Run("kernel", "diff", first, second, "--programs", "600", "--json");
        using var report = JsonDocument.Parse(ran.Out);
        Assert.Equal(0, ran.Code);
        Assert.Equal([promise], Causes(report).Distinct());
        Assert.InRange(report.RootElement.GetProperty("alike").GetInt32(), 100, 599);
    }

    [Fact]
    public void A_design_does_not_differ_from_itself()
    {
        var ran = command.Run("kernel", "diff", "sim/exclusion", "sim/exclusion", "--programs", "300", "--json");
        using var report = JsonDocument.Parse(ran.Out);
        Assert.Equal(0, ran.Code);
        Assert.Equal(300, report.RootElement.GetProperty("alike").GetInt32());
    }

    [Fact]
    public void What_no_promise_explains_is_a_finding_with_both_answers()
    {
        var ran = command.Run("kernel", "diff", "sim/removal", "sim/exclusion", "--programs", "600", "--seed", "2", "--plant", "wrong-errno", "--json");
        using var report = JsonDocument.Parse(ran.Out);
        Assert.Equal(1, ran.Code);
        var finding = Assert.Single(report.RootElement.GetProperty("findings").EnumerateArray());
        Assert.Equal("map: observed EINVAL, allowed EEXIST", finding.GetProperty("place").GetString());
        Assert.Equal("sim/exclusion", finding.GetProperty("target").GetString());
        Assert.Equal("map: EEXIST | EINVAL", finding.GetProperty("parting").GetString());
        Assert.True(File.Exists(Path.Combine(command.Directory, finding.GetProperty("file").GetString()!)));
    }

    [Theory]
    [InlineData("an unknown target", "sim/removal", "sim/none")]
    [InlineData("one target", "sim/removal")]
    [InlineData("no programs", "sim/removal", "sim/exclusion", "--programs", "0")]
    public void What_the_user_gets_wrong_ends_with_2(string wrong, params string[] arguments)
    {
        var ran = command.Run(["kernel", "diff", .. arguments]);
        Assert.True(ran.Code == 2, $"{wrong}: {ran}");
    }

    [Fact]
    public void A_kernel_that_is_not_prepared_ends_with_4()
    {
        var ran = command.Run("kernel", "diff", "linux/6.1", "linux/6.12");
        Assert.Equal(4, ran.Code);
        Assert.Contains("vfiofuzz kernel prepare", ran.Error, StringComparison.Ordinal);
    }

    [KernelTheory("6.1", "6.12")]
    [InlineData("linux/6.1", "linux/6.12", "ForeignContainerIsBadFd")]
    [InlineData("linux/6.12", "linux/6.12+virtio-iommu", "PciRanges")]
    public void Real_kernels_differ_where_their_promises_and_machines_do(string first, string second, string cause)
    {
        var ran = onKernels.Run("kernel", "diff", first, second, "--programs", "1500", "--avoid-known", "--json");
        using var report = JsonDocument.Parse(ran.Out);
        Assert.True(ran.Code == 0, $"exit code {ran.Code}: {ran.Error}{ran.Out}");
        Assert.Contains(cause, Causes(report));
    }

    private static IEnumerable<string?> Causes(JsonDocument report) =>
        report.RootElement.GetProperty("explained").EnumerateArray()
            .SelectMany(each => each.GetProperty("causes").EnumerateArray())
            .Select(cause => cause.GetString());
}
