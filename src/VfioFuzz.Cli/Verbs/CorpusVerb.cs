using System.CommandLine;
using System.Globalization;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary>
/// <c>corpus</c>: folders of programs. What depends on edges (min, merge, add, stats) is done by the instrumented host, in a process of its own.
/// </summary>
internal static class CorpusVerb
{
    public static Command Make() => new("corpus", "look after folders of programs")
    {
        Min(), Merge(), Add(), Stats(), Show(), Export(), Import(), SeedsCommand.Make(),
    };

    private static Option<string> Target() => new("--target")
    {
        Description = "the simulated design whose edges count",
        DefaultValueFactory = _ => "sim/blocking",
    };

    private static Argument<DirectoryInfo> Folder(string name, string what) => new(name) { Description = what };

    private static Command Min()
    {
        var (from, to, target) = (Folder("from", "a folder of .vprog files, or an AFL queue"), Folder("to", "where the programs that are kept go, as .vprog text"), Target());
        var min = new Command("min", "keep few, small programs that show all that a folder shows") { from, to, target };
        min.SetAction(parsed => InstrumentedHost.RunOnFolders(
            parsed.GetRequiredValue(target), "min", Existing(parsed.GetRequiredValue(from)), parsed.GetRequiredValue(to).FullName));
        return min;
    }

    private static Command Merge()
    {
        var folders = new Argument<DirectoryInfo[]>("folders") { Description = "the folders to merge, then the one to write", Arity = new ArgumentArity(2, 1000) };
        var target = Target();
        var merge = new Command("merge", "keep few, small programs that show all that several folders show together") { folders, target };
        merge.SetAction(parsed =>
        {
            var all = parsed.GetRequiredValue(folders);
            return InstrumentedHost.RunOnFolders(parsed.GetRequiredValue(target), ["min", .. all[..^1].Select(Existing), all[^1].FullName]);
        });
        return merge;
    }

    private static Command Add()
    {
        var files = new Argument<FileInfo[]>("files") { Description = "programs, then the folder to add them to", Arity = new ArgumentArity(2, 100_000) };
        var target = Target();
        var add = new Command("add", "put those programs into a folder that show something nothing there shows") { files, target };
        add.SetAction(parsed => InstrumentedHost.RunOnFolders(
            parsed.GetRequiredValue(target), ["add", .. parsed.GetRequiredValue(files).Select(file => file.FullName)]));
        return add;
    }

    private static Command Stats()
    {
        var (folder, target) = (Folder("folder", "a folder of .vprog files, or an AFL queue"), Target());
        var stats = new Command("stats", "what a folder shows on a target, and which operations it has") { folder, target };
        stats.SetAction(parsed =>
        {
            var path = Existing(parsed.GetRequiredValue(folder));
            PrintKinds(path);
            return InstrumentedHost.RunOnFolders(parsed.GetRequiredValue(target), "stats", path);
        });
        return stats;
    }

    private static Command Show()
    {
        var folder = Folder("folder", "a folder of .vprog files");
        var show = new Command("show", "a line for each program: its lines, threads and operations") { folder };
        show.SetAction(parsed =>
        {
            foreach (var (name, program) in Programs(Existing(parsed.GetRequiredValue(folder))))
            {
                var threads = program.Lines.Select(line => line.Operation.Task).Distinct().Count();
                var kinds = program.Lines.Select(line => OperationForm.Of(line.Operation.Kind).Mnemonic);
                Console.WriteLine(Text($"{name}: {program.Lines.Length} lines, {threads} threads: {string.Join(", ", kinds)}"));
            }
            return ExitCode.Clean;
        });
        return show;
    }

    private static Command Export()
    {
        var (from, to) = (Folder("from", "a folder of .vprog files"), Folder("to", "where the bytes go"));
        var export = new Command("export", "text to the bytes that afl-fuzz mutates (schedules have no bytes)") { from, to };
        export.SetAction(parsed =>
        {
            var folder = Made(parsed.GetRequiredValue(to));
            var count = 0;
            foreach (var (name, program) in Programs(Existing(parsed.GetRequiredValue(from))))
            {
                WholeFile.Write(Path.Combine(folder, Path.ChangeExtension(name.Replace(':', '-'), ".bin")), ProgramBytes.Encode(program));
                count++;
            }
            Console.WriteLine(Text($"{count} programs in {folder}"));
            return ExitCode.Clean;
        });
        return export;
    }

    private static Command Import()
    {
        var (from, to) = (Folder("from", "a folder of AFL inputs: id:... or .bin"), Folder("to", "where the .vprog files go"));
        var import = new Command("import", "the bytes of afl-fuzz to text") { from, to };
        import.SetAction(parsed =>
        {
            var folder = Made(parsed.GetRequiredValue(to));
            var count = 0;
            foreach (var path in Directory.GetFiles(Existing(parsed.GetRequiredValue(from))).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(path);
                if (!name.StartsWith("id:", StringComparison.Ordinal) && !name.EndsWith(".bin", StringComparison.Ordinal))
                    continue;
                var text = ProgramText.Print(new ProgramDocument(ProgramBytes.Decode(File.ReadAllBytes(path))));
                WholeFile.Write(Path.Combine(folder, Path.GetFileNameWithoutExtension(name.Replace(':', '-').Replace(',', '-')) + ".vprog"), text);
                count++;
            }
            Console.WriteLine(Text($"{count} programs in {folder}"));
            return ExitCode.Clean;
        });
        return import;
    }

    private static void PrintKinds(string folder)
    {
        var lines = Programs(folder).SelectMany(program => program.Program.Lines).ToList();
        var kinds = lines.GroupBy(line => line.Operation.Kind).OrderByDescending(group => group.Count()).ThenBy(group => group.Key);
        Console.WriteLine(Text($"{lines.Count} lines: {string.Join(", ", kinds.Select(group => $"{OperationForm.Of(group.Key).Mnemonic} {group.Count()}"))}"));
    }

    /// <summary>The text programs of a folder by name; a damaged one is told and left out.</summary>
    private static IEnumerable<(string Name, Program Program)> Programs(string folder)
    {
        foreach (var path in Directory.GetFiles(folder, "*.vprog").Order(StringComparer.Ordinal))
        {
            if (QueueStore.Read(path, out var problem) is { } stored)
                yield return (stored.Name, stored.Program);
            else
                Console.Error.WriteLine($"left out: {problem}");
        }
    }

    private static string Existing(DirectoryInfo folder) =>
        folder.Exists ? folder.FullName : throw new UsageException($"{folder}: there is no such folder");

    private static string Made(DirectoryInfo folder)
    {
        folder.Create();
        return folder.FullName;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
