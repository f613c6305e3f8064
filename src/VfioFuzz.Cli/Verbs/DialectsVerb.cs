using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using VfioFuzz.Cli.Screens;
using VfioFuzz.Model;
using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary><c>dialects</c>: what kernel releases promise, side by side, printed from the data that the model judges by.</summary>
internal static class DialectsVerb
{
    private static readonly Option<bool> Json = CommonOptions.Json("table");

    /// <summary>Facts that a machine is probed for when it starts: the model asks them of the platform, never of a dialect.</summary>
    private static readonly (string Name, string Statement)[] Facts =
    [
        (nameof(Platform.PciPageSizes), "iova page sizes of a container with a pci device; the smallest is the unit of alignment"),
        (nameof(Platform.PciRanges), "valid iova ranges of a container with a pci device; the gaps are reserved regions"),
        (nameof(Platform.DmaEntryLimit), "dma_entry_limit of the type1 module: mappings that a container may have"),
        (nameof(Platform.WriteOnlyAllowsRead), "whether a device can read through a write-only mapping"),
        (nameof(Platform.EnforcesCoherency), "whether the IOMMU enforces cache coherency: CHECK_EXTENSION(DMA_CC) of a container with a pci device"),
        (nameof(Platform.HasUnsafeInterrupts), "whether nothing keeps a pci device from forging interrupts, so that allow_unsafe_interrupts decides its attach"),
        (nameof(Platform.HasHugePage), "whether a huge page of 2 MiB lies where programs look for one"),
    ];

    public static Command Make()
    {
        var command = new Command("dialects", "what kernel releases promise, side by side, each row with its authority") { Json };
        command.SetAction(parsed => parsed.GetValue(Json) ? Write(Console.Out) : Print(Screen.Out()));
        return command;
    }

    private static int Print(IAnsiConsole console)
    {
        var dialects = Screen.Table("dialect", "kernels", "basis");
        foreach (var dialect in Dialect.All)
            dialects.AddRow(Screen.Cells(Word(dialect), dialect.Kernels, dialect.Basis));
        console.Write(dialects);

        var promises = Screen.Table(["promise", .. Dialect.All.Select(Word), "what it says", "authority"]);
        foreach (var row in Promises.All)
            promises.AddRow(Screen.Cells(
                [row.Promise.ToString(), .. Dialect.All.Select(dialect => dialect.Keeps(row.Promise) ? "yes" : "-"), row.Statement, row.Authority]));
        console.Write(promises);

        var facts = Screen.Table("platform fact", "probed when a machine starts, no part of any dialect");
        foreach (var (name, statement) in Facts)
            facts.AddRow(Screen.Cells(name, statement));
        console.Write(facts);
        return ExitCode.Clean;
    }

    private static int Write(TextWriter output)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("dialects");
            foreach (var dialect in Dialect.All)
            {
                json.WriteStartObject();
                json.WriteString("name", Word(dialect));
                json.WriteString("kernels", dialect.Kernels);
                json.WriteString("basis", dialect.Basis);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("promises");
            foreach (var row in Promises.All)
                Write(json, row);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
        return ExitCode.Clean;
    }

    private static void Write(Utf8JsonWriter json, PromiseRow row)
    {
        json.WriteStartObject();
        json.WriteString("name", row.Promise.ToString());
        json.WriteString("statement", row.Statement);
        json.WriteString("authority", row.Authority);
        json.WriteStartObject("kept");
        foreach (var dialect in Dialect.All)
            json.WriteBoolean(Word(dialect), dialect.Keeps(row.Promise));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>As in program files.</summary>
    private static string Word(Dialect dialect) => dialect.Name.ToString().ToLowerInvariant();
}
