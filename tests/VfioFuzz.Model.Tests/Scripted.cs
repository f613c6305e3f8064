using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Model.Tests;

/// <summary>Programs written as text for one test each, and what the model expects of them.</summary>
internal static class Scripted
{
    /// <summary>A container at slot 0; pci groups d0 and d1 at 1 and 2, mdev groups d2 and d3 at 3 and 4; their devices at 11 to 14.</summary>
    public const string World = "world d0 pci  d1 pci  d2 mdev driver(by=worker)  d3 mdev driver(by=worker)\n";

    public const string Container = "open container at=0";

    /// <summary>A container with the iommu group d0 (P of the dossier), v2 and no device opened.</summary>
    public const string Pci = Container + "; open group d0 at=1; attach 1 0; set-iommu 0 type1v2; ";

    /// <summary>A container with the emulated group d2 (X of the dossier), its device open at 13.</summary>
    public const string Mdev = Container + "; open group d2 at=3; attach 3 0; set-iommu 0 type1v2; get-device 3 d2 at=13; ";

    public static Program Parse(string lines, string world = World) =>
        ProgramText.Parse("vprog 1\n" + world + Lines(lines), "test.vprog").Program;

    /// <summary>
    /// The expected answers as text, of the program's last <paramref name="count"/> lines. A line without a thread is p0.t0's.
    /// </summary>
    public static string Answers(DialectName dialect, string lines, int count, string world = World) =>
        string.Join("; ", Expect(dialect, lines, world).TakeLast(count));

    public static ImmutableArray<Expectation> Expect(DialectName dialect, string lines, string world = World) =>
        new Predictor(Dialect.Of(dialect), Platform.Simulated).Expect(Parse(lines, world));

    /// <summary>One line of text for each operation, each with its thread named.</summary>
    private static string Lines(string lines)
    {
        var text = new System.Text.StringBuilder();
        foreach (var line in lines.Split([';', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            text.Append(line is "}" || line.StartsWith("par", StringComparison.Ordinal) || line.Contains(".t", StringComparison.Ordinal)
                ? line : "p0.t0: " + line).Append('\n');
        return text.ToString();
    }
}
