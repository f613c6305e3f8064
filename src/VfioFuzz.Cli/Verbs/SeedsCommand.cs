using System.CommandLine;
using System.Globalization;
using VfioFuzz.Campaigns;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>corpus seeds</c>: remakes the drawn seeds, the same ones each time (<see cref="SeedCorpus"/>).</summary>
internal static class SeedsCommand
{
    /// <summary>The design with the most behind it first; then those that know other operations or promise something else.</summary>
    private static readonly string[] Designs = ["blocking", "exclusion", "file", "change-mm", "iommufd", "sticky"];

    private static readonly Option<int> Programs = new("--programs")
    {
        Description = "programs to draw for each design and number of threads (default 40000)",
        HelpName = "N",
        DefaultValueFactory = _ => 40_000,
    };

    public static Command Make()
    {
        var to = new Argument<DirectoryInfo>("to") { Description = "the folder whose .vprog files are replaced: corpus/seeds/drawn" };
        var seeds = new Command("seeds", "draw a small program for each outcome of each operation of the simulated designs") { to, Programs };
        seeds.SetAction(parsed => Draw(parsed.GetRequiredValue(to).FullName, parsed.GetValue(Programs)));
        return seeds;
    }

    private static int Draw(string folder, int programs)
    {
        if (programs < 1)
            throw new UsageException("--programs wants a number above 0");
        var corpus = new SeedCorpus(programs);
        var drawn = new SortedDictionary<string, ProgramDocument>(StringComparer.Ordinal);
        foreach (var design in Designs)
        {
            using var target = new SimulatedTarget(design);
            foreach (var (name, document) in corpus.Of(target, target.Kinds))
                drawn.Add(name, document);
        }
        Directory.CreateDirectory(folder);
        foreach (var old in Directory.GetFiles(folder, "*.vprog"))
            File.Delete(old);
        foreach (var (name, document) in drawn)
            WholeFile.Write(Path.Combine(folder, name), ProgramText.Print(document));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{drawn.Count} seeds in {folder}"));
        return ExitCode.Clean;
    }
}
