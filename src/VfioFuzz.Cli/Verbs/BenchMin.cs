using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using VfioFuzz.Campaigns;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>bench min</c>: how long <c>corpus min</c> takes for many generated programs, and for a few beside afl-cmin, which sees the same edges of the
/// same build. What each keeps is measured by afl-showmap, which is neither's own.
/// </summary>
internal static class BenchMin
{
    private const string Target = "sim/blocking";
    private const int Rounds = 5;

    private static readonly Option<int> Count = new("--programs")
    {
        Description = "programs of the large folder (default 100000)",
        HelpName = "N",
        DefaultValueFactory = _ => 100_000,
    };

    private static readonly Option<int> Few = new("--files")
    {
        Description = "programs of the folder that afl-cmin minimizes too (default 1000)",
        HelpName = "N",
        DefaultValueFactory = _ => 1000,
    };

    public static Command Make()
    {
        var min = new Command("min", "corpus min for many programs, and beside afl-cmin for a few") { Count, Few };
        min.SetAction(parsed => Run(parsed.GetValue(Count), parsed.GetValue(Few)));
        return min;
    }

    private static int Run(int many, int few)
    {
        if (many < 1 || few < 1)
            throw new UsageException("--programs and --files want a number above 0");
        if (!InstrumentedHost.IsBuilt())
            return ExitCode.Skipped;
        var root = Directory.CreateTempSubdirectory("vfiofuzz-min-").FullName;
        try
        {
            var seconds = Ours(Drawn(root, "many", many, bytes: false), Path.Combine(root, "many-kept"));
            Say($"corpus min, {many:n0} programs: {seconds:n1} s");
            return Race(root, few, Drawn(root, "few", few, bytes: true));
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    /// <summary>
    /// Each a few times, and not by turn: ext4 takes its time for new files for minutes after a thousand others were deleted, which afl-cmin does at
    /// its end.
    /// </summary>
    private static int Race(string root, int few, string folder)
    {
        var (kept, keptBytes, keptByAfl) = (Path.Combine(root, "kept"), Path.Combine(root, "kept-bytes"), Path.Combine(root, "kept-by-afl"));
        var (ours, theirs, native) = (new double[Rounds], new double[Rounds], new double[Rounds]);
        for (var round = 0; round < Rounds; round++)
            ours[round] = Ours(folder, kept + round);
        for (var round = 0; round < Rounds; round++)
        {
            theirs[round] = Theirs(InstrumentedHost.Program, folder, keptByAfl + round);
            if (theirs[round] < 0)
                return ExitCode.Skipped;
            native[round] = File.Exists(InstrumentedHost.Native) ? Theirs(InstrumentedHost.Native, folder, $"{keptByAfl}-native{round}") : -1;
        }
        foreach (var name in Directory.GetFiles(kept + 0).Select(path => Path.GetFileNameWithoutExtension(path)!))
            File.Copy(Path.Combine(folder, name + ".bin"), Path.Combine(Directory.CreateDirectory(keptBytes).FullName, name + ".bin"));
        var (all, again) = (Tuples(root, folder), Tuples(root, folder));
        var unsteady = new HashSet<string>(all);
        unsteady.SymmetricExceptWith(again);
        all.IntersectWith(again);
        Say($"{few:n0} files show {all.Count:n0} tuples each time, {unsteady.Count:n0} in one run of two (afl-showmap)");
        Say($"corpus min, the command as typed: {Median(ours):n2} s; {Held(root, keptBytes, all)}");
        Say($"afl-cmin: {Median(theirs):n1} s, {Median(theirs) / Median(ours):n1} times as long; {Held(root, keptByAfl + 0, all)}");
        if (native[0] > 0)
            Say($"afl-cmin on the program compiled ahead of time: {Median(native):n1} s, {Median(native) / Median(ours):n1} times as long");
        return ExitCode.Clean;
    }

    private static double Median(double[] seconds) => seconds.Order().ElementAt(seconds.Length / 2);

    /// <summary>How many of the tuples of the whole set the programs of a folder show.</summary>
    private static string Held(string root, string folder, HashSet<string> all)
    {
        var shown = Tuples(root, folder);
        return string.Create(
            CultureInfo.InvariantCulture, $"{Directory.GetFiles(folder).Length} kept show {all.Count(shown.Contains):n0} of {all.Count:n0} tuples");
    }

    /// <summary>What afl-showmap sees of all files of a folder together, hit counts left out.</summary>
    private static HashSet<string> Tuples(string root, string folder)
    {
        var map = Path.Combine(root, Path.GetFileName(folder) + ".map");
        Afl("afl-showmap", InstrumentedHost.Program, "-C", "-q", "-i", folder, "-o", map);
        return [.. File.ReadLines(map).Select(line => line.Split(':')[0])];
    }

    /// <summary>The command as people type it, from its start to its end.</summary>
    private static double Ours(string from, string to)
    {
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(InstrumentedHost.Command, ["corpus", "min", from, to, "--target", Target]) { RedirectStandardOutput = true })!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? watch.Elapsed.TotalSeconds : throw new IOException($"corpus min of {from} failed");
    }

    /// <summary>Seconds, or below 0 when it fails, which is told.</summary>
    private static double Theirs(string program, string from, string to)
    {
        var watch = Stopwatch.StartNew();
        if (Afl("afl-cmin", program, "-A", "-i", from, "-o", to) == 0) // -A: programs with findings belong to the set, and corpus min keeps them
            return watch.Elapsed.TotalSeconds;
        Console.Error.WriteLine("vfiofuzz: afl-cmin failed or is not installed: apt-get install afl++");
        return -1;
    }

    private static string Drawn(string root, string name, int count, bool bytes)
    {
        var folder = Directory.CreateDirectory(Path.Combine(root, name)).FullName;
        var source = new GeneratedPrograms();
        for (var i = 0; i < count; i++)
        {
            var path = Path.Combine(folder, i.ToString("d6", CultureInfo.InvariantCulture));
            var program = source.Draw(1, i);
            if (bytes)
                File.WriteAllBytes(path + ".bin", ProgramBytes.Encode(program));
            else
                File.WriteAllText(path + ".vprog", ProgramText.Print(new ProgramDocument(program)));
        }
        return folder;
    }

    private static int Afl(string tool, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(tool, [.. arguments, "-t", "2000", "--", program, "afl"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["VFIOFUZZ_TARGET"] = Target;
        start.Environment["AFL_SKIP_BIN_CHECK"] = "1";
        start.Environment["AFL_ALLOW_TMP"] = "1";
        start.Environment["AFL_FORKSRV_INIT_TMOUT"] = "60000";
        try
        {
            using var process = Process.Start(start)!;
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return ExitCode.Skipped;
        }
    }

    private static void Say(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
