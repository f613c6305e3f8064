using SharpFuzz;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>
/// The instrumented host: <c>afl</c> and <c>sharpfuzz</c> are entry points for afl-fuzz, <c>seeds</c> turns .vprog files into inputs and
/// <c>dictionary</c> into tokens,
/// <c>run</c> executes stored inputs and says what each shows, <c>fuzz</c> is one process of a guided campaign, the rest look after folders of programs and
/// measure. VFIOFUZZ_TARGET names the design (sim/blocking) or a reader (text, bytes), VFIOFUZZ_PLANT a planted model error.
/// </summary>
internal static class FuzzHost
{
    private const string Usage =
        "usage: vfiofuzz-fuzz afl | sharpfuzz | seeds FROM TO | dictionary FROM FILE | min FROM... TO | add FILE... TO | stats FOLDER | run FILE... | fuzz NAME=VALUE... "
        + "| find DESIGN~WHAT NAME=VALUE... | bench   (VFIOFUZZ_TARGET, VFIOFUZZ_PLANT)";

    public static int Main(string[] arguments)
    {
        try
        {
            return arguments switch
            {
                ["afl"] => ServeAfl(),
                ["sharpfuzz"] => ServeSharpFuzz(),
                ["seeds", var from, var to] => WriteSeeds(from, to),
                ["dictionary", var from, var to] => WriteDictionary(from, to),
                ["min", .. var from, var to] when from.Length > 0 => CorpusHost.Minimize(TargetName(), from, to),
                ["add", .. var files, var to] when files.Length > 0 => CorpusHost.Add(TargetName(), files, to),
                ["stats", var folder] => CorpusHost.Stats(TargetName(), folder),
                ["fuzz", .. var settings] => CampaignHost.Run(TargetName(), Planted(), settings),
                ["find", var mutant, .. var settings] => FindHost.Run(mutant, settings),
                ["bench"] => SpeedBench.Run(TargetName(), 1),
                ["run", .. var files] when files.Length > 0 => Run(files),
                _ => Fail(Usage),
            };
        }
        catch (Exception problem) when (problem is ArgumentException or IOException or ProgramTextException)
        {
            return Fail(problem.Message);
        }
    }

    private static int ServeAfl()
    {
        if (ParsedInput.Named(TargetName()) is { } reader)
            return ForkServer.Serve(input => reader.Broken(input) is not null);
        using var design = Design();
        return ForkServer.Serve(input =>
        {
            var found = design.Execute(input).Count > 0;
            design.MarkModel(Coverage.Map);
            return found;
        });
    }

    private static int ServeSharpFuzz()
    {
        using var design = ParsedInput.Named(TargetName()) is null ? Design() : null;
        Fuzzer.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            if (Finding(design, input.ToArray()) is { } found)
                throw new FindingException(found);
        });
        return 0;
    }

    /// <summary>What an input shows on a design, or else on the reader that is the target.</summary>
    private static string? Finding(FuzzedDesign? design, byte[] input)
    {
        if (design is null)
            return ParsedInput.Named(TargetName())!.Broken(input);
        var found = design.Execute(input);
        return found.Count == 0 ? null : string.Join("; ", found.Select(violation => violation.Key));
    }

    private static int WriteSeeds(string from, string to)
    {
        Directory.CreateDirectory(to);
        var files = SeedFiles(from);
        foreach (var file in files)
        {
            var name = Path.GetRelativePath(from, file).Replace('/', '-');
            if (TargetName() == "text")
                File.Copy(file, Path.Combine(to, name), overwrite: true);
            else
                File.WriteAllBytes(Path.Combine(to, Path.ChangeExtension(name, ".bin")), ProgramBytes.Encode(Parsed(file)));
        }
        Console.WriteLine($"{files.Length} seeds in {to}");
        return 0;
    }

    private static int WriteDictionary(string from, string to)
    {
        var tokens = (TargetName() == "text" ? AflDictionary.OfGrammar() : AflDictionary.OfPrograms(SeedFiles(from).Select(Parsed))).ToList();
        File.WriteAllLines(to, tokens);
        Console.WriteLine($"{tokens.Count} tokens in {to}");
        return 0;
    }

    private static string[] SeedFiles(string folder)
    {
        var files = Directory.GetFiles(folder, "*.vprog", SearchOption.AllDirectories);
        Array.Sort(files, StringComparer.Ordinal);
        return files.Length > 0 ? files : throw new ArgumentException($"{folder} holds no .vprog file");
    }

    private static Program Parsed(string file) => ProgramText.Parse(File.ReadAllText(file), file).Program;

    private static int Run(string[] files)
    {
        using var design = ParsedInput.Named(TargetName()) is null ? Design() : null;
        var findings = 0;
        foreach (var file in files)
        {
            var found = Finding(design, File.ReadAllBytes(file));
            findings += found is null ? 0 : 1;
            Console.WriteLine($"{file}: {found ?? "clean"}");
        }
        return findings > 0 ? 1 : 0;
    }

    private static FuzzedDesign Design() => new(TargetName(), Planted());

    private static PlantedError Planted()
    {
        var plant = Environment.GetEnvironmentVariable("VFIOFUZZ_PLANT");
        var planted = PlantedError.None;
        if (!string.IsNullOrEmpty(plant) && !Enum.TryParse(plant, out planted))
            throw new ArgumentException($"VFIOFUZZ_PLANT={plant}: there are {string.Join(", ", Enum.GetNames<PlantedError>())}");
        return planted;
    }

    private static string TargetName() => Environment.GetEnvironmentVariable("VFIOFUZZ_TARGET") ?? "sim/blocking";

    private static int Fail(string message)
    {
        Console.Error.WriteLine(message);
        return 2;
    }
}

/// <summary>An input shows a finding; SharpFuzz files what throws as a crash.</summary>
internal sealed class FindingException(string finding) : Exception(finding);
