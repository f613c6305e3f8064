using System.Diagnostics;

namespace VfioFuzz.Mutation;

/// <summary>How a mutant ended: what saw it, or that nothing did.</summary>
internal sealed record Ending(string By, string Evidence)
{
    public const string Survived = "survived";

    public bool IsDeath => By != Survived;
}

/// <summary>
/// Tries one mutant after the other against copies of the built tests and command, cheapest first: golden vectors, agreement with the
/// simulated designs, every test of the model. What hangs is seen too. Everything runs at this program's priority,
/// which build.sh makes a low one.
/// </summary>
internal sealed class Trial(string built, string work)
{
    /// <summary>Asks this program for the golden vectors of a folder of built tests and nothing else.</summary>
    public const string VectorsOnly = "--vectors";

    private const string Assembly = "VfioFuzz.Model.dll";

    /// <summary>Many times what an unchanged model takes on a busy machine.</summary>
    private static readonly TimeSpan GoldenMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan DesignMax = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TestsMax = TimeSpan.FromMinutes(8);

    private readonly string tests = Path.Combine(work, "tests");
    private readonly string command = Path.Combine(work, "command");

    public void SetUp()
    {
        Copy(Path.Combine(built, "VfioFuzz.Model.Tests", "release"), tests);
        Copy(Path.Combine(built, "VfioFuzz.Cli", "release"), command);
    }

    public Ending Try(byte[] image)
    {
        File.WriteAllBytes(Path.Combine(tests, Assembly), image);
        File.WriteAllBytes(Path.Combine(command, Assembly), image);
        return Golden()
            ?? Simulated("exclusion") ?? Simulated("blocking")
            ?? Tests("model tests", "FullyQualifiedName!~Golden", TestsMax)
            ?? new Ending(Ending.Survived, "");
    }

    /// <summary>A run on a real kernel, for those that nothing else saw; null when it saw nothing either.</summary>
    public Ending? OnKernel(byte[] image, string target, int seconds)
    {
        File.WriteAllBytes(Path.Combine(command, Assembly), image);
        var ran = Run(
            Path.Combine(command, "vfiofuzz"), TimeSpan.FromMinutes(6),
            "check", "--target", target, "--time", $"{seconds}", "--avoid-known", "--json", "--quiet", "--findings", Path.Combine(work, "findings"));
        return Wrong(ran, $"{seconds} s on {target}");
    }

    private Ending? Golden()
    {
        var ran = Run(Environment.ProcessPath!, GoldenMax, VectorsOnly, tests);
        return ran.Code == 0 ? null : new Ending(ran.Code == Hung ? "golden vectors (hung)" : "golden vectors", ran.Output.Trim());
    }

    private Ending? Tests(string stage, string filter, TimeSpan patience)
    {
        var ran = Run("dotnet", patience, "vstest", Path.Combine(tests, "VfioFuzz.Model.Tests.dll"), $"--TestCaseFilter:{filter}");
        if (ran.Code == 0)
            return null;
        var failed = ran.Output.Split('\n').FirstOrDefault(line => line.TrimStart().StartsWith("Failed ", StringComparison.Ordinal));
        return new Ending(ran.Code == Hung ? $"{stage} (hung)" : stage, failed?.Trim() ?? "");
    }

    private Ending? Simulated(string design)
    {
        var ran = Run(
            Path.Combine(command, "vfiofuzz"), DesignMax,
            "check", "--target", $"sim/{design}", "--programs", "3000", "--json", "--quiet", "--findings", Path.Combine(work, "findings"));
        return Wrong(ran, $"agreement with sim/{design}");
    }

    /// <summary>Answers, charges and the kernel's own BUG are what the model speaks of; other rules fail with any model.</summary>
    private static Ending? Wrong((int Code, string Output) ran, string stage)
    {
        if (ran.Code == Hung || ran.Code > 4)
            return new Ending(ran.Code == Hung ? $"{stage} (hung)" : $"{stage} (stopped)", "");
        var start = ran.Output.IndexOf('[', StringComparison.Ordinal);
        if (start < 0)
            return null;
        using var reports = System.Text.Json.JsonDocument.Parse(ran.Output[start..]);
        foreach (var finding in reports.RootElement[0].GetProperty("findings").EnumerateArray())
            if (finding.GetProperty("rule").GetString() is "answer-allowed" or "locked-vm" && finding.GetProperty("known").GetString() is null)
                return new Ending(stage, finding.GetProperty("place").GetString()!);
        return null;
    }

    private const int Hung = 1000;

    private (int Code, string Output) Run(string program, TimeSpan patience, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = work,
        };
        // What a wrong model counts is nobody's last run.
        if (program != "dotnet" && !arguments.Any(argument => argument.StartsWith("linux/", StringComparison.Ordinal)))
            start.Environment["VFIOFUZZ_CACHE"] = Path.Combine(work, "cache");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(patience))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            return (Hung, "");
        }
        return (process.ExitCode, output.Result + error.Result);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy, overwrite: true);
        }
    }
}
