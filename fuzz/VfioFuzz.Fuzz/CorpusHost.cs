using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>What needs edges to look after folders of programs: <c>min FROM... TO</c>, <c>add FILE... TO</c>, <c>stats FOLDER</c>.</summary>
internal static class CorpusHost
{
    /// <summary>Few, small programs that show all that the folders show: one folder is minimized, several are merged.</summary>
    public static int Minimize(string target, IReadOnlyList<string> from, string to)
    {
        using var executor = new DesignExecutor(target);
        var minimizer = new CorpusMinimizer(executor);
        var damaged = Measure(executor, minimizer, from);
        if (minimizer.Programs == 0)
            return Fail($"{string.Join(", ", from)} holds no program (.vprog, or an AFL queue's id:...)");
        var kept = minimizer.Choose();
        if (minimizer.Lost(kept) is var lost and > 0)
            return Fail($"{lost} features of the set are not among what was kept: nothing was written");
        if (minimizer.Unstable is var unstable and > 0)
            Console.Error.WriteLine($"{unstable} features are not shown again by the program that showed them: they depend on what ran before, and do not count");
        Directory.CreateDirectory(to);
        WriteAll(minimizer, kept, to);
        var features = minimizer.Features;
        Console.WriteLine(
            $"{minimizer.Programs} programs, {damaged} damaged: {kept.Count} keep all {features.Edges} edge features, {features.Model} of the model, "
            + $"{features.Waits} waits and {minimizer.FindingsSeen} findings, in {to}");
        return 0;
    }

    /// <exception cref="IOException">One of the files cannot be written; the message names it and the reason.</exception>
    private static void WriteAll(CorpusMinimizer minimizer, List<CorpusProgram> kept, string to)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var files = new List<(string Name, CorpusProgram Program, Schedule Schedule)>();
        foreach (var program in kept)
        {
            var name = program.Name;
            for (var copy = 1; !names.Add(name); copy++)
                name = $"{Path.GetFileNameWithoutExtension(program.Name)}-{copy}.vprog";
            files.Add((name, program, minimizer.ScheduleOf(program)));
        }
        try
        {
            files.AsParallel().ForAll(file => CorpusFolder.Write(to, file.Name, file.Program.Program, file.Schedule));
        }
        catch (AggregateException several)
        {
            throw new IOException(several.InnerExceptions[0].Message, several);
        }
    }

    /// <summary>Puts those of some files into a folder that show what nothing there shows.</summary>
    public static int Add(string target, IReadOnlyList<string> files, string to)
    {
        using var executor = new DesignExecutor(target);
        var minimizer = new CorpusMinimizer(executor);
        if (Directory.Exists(to))
            Measure(executor, minimizer, [to]);
        Directory.CreateDirectory(to);
        var added = 0;
        foreach (var file in files)
        {
            if (CorpusFolder.ReadFile(file, Tell) is not { } program)
                return Fail($"{file} is no program");
            if (!minimizer.ShowsMore(program))
            {
                Console.WriteLine($"{file}: shows nothing new");
                continue;
            }
            minimizer.Measure(program);
            CorpusFolder.Write(to, program.Name, program.Program, minimizer.ScheduleOf(program));
            Console.WriteLine($"{file}: added");
            added++;
        }
        Console.WriteLine($"{added} of {files.Count} added to {to}");
        return 0;
    }

    /// <summary>What a folder shows on a target.</summary>
    public static int Stats(string target, string folder)
    {
        using var executor = new DesignExecutor(target);
        var minimizer = new CorpusMinimizer(executor);
        var damaged = Measure(executor, minimizer, [folder]);
        var features = minimizer.Features;
        Console.WriteLine(
            $"{target}: {minimizer.Programs} programs, {damaged} damaged; {features.Edges} edge features, {features.Model} of the model, {features.Waits} waits, "
            + $"{minimizer.FindingsSeen} findings; {minimizer.Choose().Count} programs show all of it");
        return 0;
    }

    /// <summary>
    /// Runs before anything counts: static constructors and lazily made tables belong to no program. What is left of them shows when a
    /// program that would be kept is run again.
    /// </summary>
    private const int WarmUpRuns = 64;

    /// <summary>Measures every program of the folders; how many files were damaged.</summary>
    private static int Measure(DesignExecutor executor, CorpusMinimizer minimizer, IReadOnlyList<string> folders)
    {
        var damaged = 0;
        var programs = folders.SelectMany(folder => CorpusFolder.Read(folder, problem =>
        {
            damaged++;
            Tell(problem);
        })).ToList();
        foreach (var program in programs.Take(WarmUpRuns))
            executor.Execute(program);
        foreach (var program in programs)
            minimizer.Measure(program);
        return damaged;
    }

    private static void Tell(string problem) => Console.Error.WriteLine($"left out: {problem}");

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 2;
    }
}
