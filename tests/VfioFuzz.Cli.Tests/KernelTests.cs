using System.Diagnostics;
using System.Text.Json;
using VfioFuzz.Linux;

namespace VfioFuzz.Cli.Tests;

/// <summary>The command on a real kernel, as in the README: the stock one, wrong modules, a wrong oracle.</summary>
public sealed class KernelTests : IDisposable
{
    private readonly Command command = new() { HasKernels = true };

    public void Dispose() => command.Dispose();

    [KernelTheory]
    [InlineData(600)]
    public void The_stock_kernel_shows_nothing_new(int programs)
    {
        var ran = command.Run("check", "--target", "linux/6.1", "--seed", "1", "--programs", $"{programs}", "--avoid-known", "--json");
        using var report = JsonDocument.Parse(ran.Out);
        Assert.DoesNotContain(Findings(report), finding => finding.GetProperty("known").ValueKind == JsonValueKind.Null);
        Assert.True(ran.Code is 0 or 3, $"exit code {ran.Code}: {ran.Error}");
    }

    [KernelTheory]
    [InlineData("wrong-errno", "answer-allowed")]
    [InlineData("lost-charge", "answer-allowed", "locked-vm")]
    [InlineData("leaked-pin", "pin-balance")]
    [InlineData("written-back", "answer-allowed")]
    [InlineData("filled-hole", "answer-allowed")]
    public void A_wrong_type1_module_is_found(string mutant, params string[] rules)
    {
        var module = Build(mutant);
        var ran = command.Run(
            "check", "--target", "linux/6.1", "--type1", module, "--seed", "1", "--programs", "3000", "--avoid-known", "--json");
        using var report = JsonDocument.Parse(ran.Out);
        Assert.Equal(1, ran.Code);
        Assert.Contains(Findings(report), finding => rules.Contains(finding.GetProperty("rule").GetString()));
    }

    /// <summary>Two mappings in one word of a dirty bitmap: the generator meets it too, once in ten thousand programs.</summary>
    [KernelTheory]
    [InlineData("forgotten-bits", "dirty-bits-in-every-word.vprog")]
    public void A_wrong_type1_module_is_told_by_a_file(string mutant, string name)
    {
        var file = Path.Combine(RegressionTests.Folder, name);
        var right = command.Run("replay", file, "--target", "linux/6.1");
        var wrong = command.Run("replay", file, "--target", "linux/6.1", "--type1", Build(mutant));
        Assert.Contains("pass; expected pass", right.Out, StringComparison.Ordinal);
        Assert.Contains("answer-allowed; expected pass", wrong.Out, StringComparison.Ordinal);
    }

    [KernelTheory]
    [InlineData("OverlapIsInvalid", "map: observed EEXIST, allowed EINVAL")]
    public void A_planted_model_error_is_found_and_shrunk(string wrongRule, string place)
    {
        var ran = command.Run(
            "check", "--target", "linux/6.1", "--seed", "1", "--programs", "300", "--plant-model", wrongRule, "--avoid-known", "--json");
        using var report = JsonDocument.Parse(ran.Out);
        Assert.Contains(Findings(report), finding => finding.GetProperty("place").GetString() == place);
    }

    public static TheoryData<string, string> Deadlocks()
    {
        var runs = new TheoryData<string, string>();
        foreach (var (name, document) in RegressionTests.Documents())
            foreach (var target in document.Targets.Where(target => target.StartsWith("linux/6.1-waiting", StringComparison.Ordinal)))
                runs.Add(name, target);
        return runs;
    }

    /// <summary>The catalogue's deadlocks, with their grades, on a real type1 that waits again.</summary>
    [KernelTheory("6.1-waiting", "6.1-waiting-mended")]
    [MemberData(nameof(Deadlocks))]
    public void A_kernel_that_waits_shows_what_the_file_promises(string name, string target)
    {
        var ran = command.Run("replay", Path.Combine(RegressionTests.Folder, name), "--target", target);
        Assert.Contains("as the file says", ran.Out, StringComparison.Ordinal);
    }

    /// <summary>Answers, blocked calls and deadlocks of the simulated blocking design and of a real kernel that waits.</summary>
    [KernelTheory("6.1-waiting-mended")]
    [InlineData(300)]
    public void The_simulated_blocking_design_does_what_a_kernel_does(int programs)
    {
        var ran = command.Run(
            "kernel", "diff", "sim/blocking?stable=6.1", "linux/6.1-waiting-mended", "--programs", $"{programs}", "--avoid-known", "--json");
        using var report = JsonDocument.Parse(ran.Out);
        Assert.Equal(0, ran.Code);
        Assert.InRange(report.RootElement.GetProperty("alike").GetInt32(), programs / 2, programs);
    }

    /// <summary>A type1 built to tell where programs have been: most of it within seconds, its dead waiting code never.</summary>
    [KernelTheory("6.1-covered")]
    [InlineData(600)]
    public void A_kernel_tells_which_lines_of_type1_programs_reach(int programs)
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            command.Run("check", "--target", "linux/6.1-covered", "--programs", $"{programs}", "--avoid-known", "--quiet", "--lines", file);
            var lines = File.ReadAllLines(file)[1..].Select(line => line.Split('\t')).ToList();
            var reached = lines.Where(line => !line[2].StartsWith("0 of", StringComparison.Ordinal)).ToList();
            Assert.InRange(reached.Count, lines.Count * 7 / 10, lines.Count);
            Assert.Contains(reached, line => line[1] == "vfio_dma_do_map");
            Assert.DoesNotContain(reached, line => line[1] == "vfio_wait");
            Assert.Empty(reached.Select(line => line[0]).Intersect(DeadLines(lines)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>
    /// The lines that corpus/coverage.md argues cannot be reached; none where Debian's kernel has become another than the one argued about, which has
    /// other functions at these lines.
    /// </summary>
    private static List<string> DeadLines(List<string[]> lines)
    {
        var document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "coverage.md"));
        var rows = document[..document.IndexOf("## Seldom", StringComparison.Ordinal)].Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal) && char.IsAsciiDigit(line[2]))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Select(cells => (Lines: cells[1].Split(' '), Functions: cells[2].Split(", ")))
            .ToList();
        Assert.InRange(rows.Count, 20, 40);
        var functions = lines.ToDictionary(line => line[0], line => line[1]);
        return rows.TrueForAll(row => row.Lines.All(line => functions.TryGetValue(line, out var function) && row.Functions.Contains(function)))
            ? [.. rows.SelectMany(row => row.Lines)]
            : [];
    }

    /// <summary>The engine on a real kernel: what shows new blocks or steps is kept, and nothing that is kept is a finding.</summary>
    [KernelTheory("6.1-covered")]
    [InlineData(400)]
    public void A_guided_campaign_on_a_kernel_keeps_what_is_new(int executions)
    {
        var folder = Directory.CreateTempSubdirectory("vfiofuzz-guided").FullName;
        try
        {
            var ran = command.Run("fuzz", "--target", "linux/6.1-covered", "--executions", $"{executions}", "--output", folder, "--quiet");
            Assert.Equal(0, ran.Code);
            Assert.Contains(" blocks ran", ran.Out, StringComparison.Ordinal);
            Assert.InRange(Directory.GetFiles(folder, "*.vprog", SearchOption.AllDirectories).Length, 20, executions);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static JsonElement.ArrayEnumerator Findings(JsonDocument report) =>
        report.RootElement[0].GetProperty("findings").EnumerateArray();

    private static string Build(string mutant)
    {
        var kernel = new KernelStore().Find(KernelTheoryAttribute.Kernel)
            ?? throw new InvalidOperationException($"kernel {KernelTheoryAttribute.Kernel} is not prepared: ./build.sh kernel");
        var mutants = Path.Combine(AppContext.BaseDirectory, "guest", "mutants");
        var start = new ProcessStartInfo("bash")
        {
            ArgumentList =
            {
                Path.Combine(mutants, "build-type1.sh"), KernelTheoryAttribute.Kernel, kernel.Headers,
                Path.Combine(Path.GetTempPath(), "vfiofuzz-mutants"), Path.Combine(mutants, mutant + ".cocci"),
            },
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var path = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"build-type1.sh ended with {process.ExitCode}");
        return path;
    }
}
