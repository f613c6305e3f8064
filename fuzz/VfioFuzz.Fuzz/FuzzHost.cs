using SharpFuzz;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>
/// The instrumented host: <c>afl</c> and <c>sharpfuzz</c> are entry points for afl-fuzz, <c>seeds</c> turns .vprog files into their bytes,
/// <c>run</c> executes stored inputs and says what each shows, <c>fuzz</c> is one process of a guided campaign, the rest look after folders of programs and
/// measure. VFIOFUZZ_TARGET names the design (sim/blocking), VFIOFUZZ_PLANT a planted model error.
/// </summary>
internal static class FuzzHost
{
    private const string Usage =
        "usage: vfiofuzz-fuzz afl | sharpfuzz | seeds FROM TO | min FROM... TO | add FILE... TO | stats FOLDER | run FILE... | fuzz NAME=VALUE... "
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
        using var design = Design();
        Fuzzer.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            var found = design.Execute(input.ToArray());
            if (found.Count > 0)
                throw new FindingException(found[0].Key.ToString());
        });
        return 0;
    }

    private static int WriteSeeds(string from, string to)
    {
        Directory.CreateDirectory(to);
        var files = Directory.GetFiles(from, "*.vprog", SearchOption.AllDirectories);
        if (files.Length == 0)
            return Fail($"{from} holds no .vprog file");
        foreach (var file in files)
        {
            var document = ProgramText.Parse(File.ReadAllText(file), file);
            var name = Path.ChangeExtension(Path.GetRelativePath(from, file).Replace('/', '-'), ".bin");
            File.WriteAllBytes(Path.Combine(to, name), ProgramBytes.Encode(document.Program));
        }
        Console.WriteLine($"{files.Length} seeds in {to}");
        return 0;
    }

    private static int Run(string[] files)
    {
        using var design = Design();
        var findings = 0;
        foreach (var file in files)
        {
            var found = design.Execute(File.ReadAllBytes(file));
            findings += found.Count > 0 ? 1 : 0;
            Console.WriteLine($"{file}: {(found.Count == 0 ? "clean" : string.Join("; ", found.Select(violation => violation.Key)))}");
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
