using System.Globalization;
using VfioFuzz.Programs;

namespace VfioFuzz.PageModel;

/// <summary>A program for a <see cref="PageMachine"/>: the machine as its set-up leaves it, and how many lines that set-up has.</summary>
public sealed record PageProgram(Program Program, PageMachine Machine, int SetUpLines);

/// <summary>Programs over a handful of iova pages, so that ranges meet, cut and cover each other all the time.</summary>
public static class PagePrograms
{
    private const int Lines = 44;
    private const int IovaPages = 12;

    public static PageProgram Draw(ulong seed, bool excludes)
    {
        var random = new Randomness(seed);
        var (isV2, devices) = (random.Below(4) != 0, random.Below(3));
        var (hasIommu, hasMdev) = (devices != 1, devices != 0);
        List<string> lines = ["open container at=0"];
        if (hasMdev || hasIommu)
            lines.Add("open group d0 at=1");
        if (hasIommu)
            lines.Add("attach 1 0");
        if (hasMdev)
            lines.AddRange(["open group d2 at=3", "attach 3 0"]);
        lines.Add(isV2 ? "set-iommu 0 type1v2" : "set-iommu 0 type1");
        if (hasMdev)
            lines.Add("get-device 3 d2 at=13");
        var setUp = lines.Count;
        while (lines.Count < Lines)
        {
            var line = Line(ref random, hasMdev);
            lines.Add(line);
            // The same pages again, and one reference less: what counts references wrongly shows now.
            if (line.StartsWith("pin", StringComparison.Ordinal) && random.Below(3) == 0)
                lines.AddRange([line, $"un{line[..line.LastIndexOf(' ')]}", "observe"]);
        }
        var text = "vprog 1\nworld d0 pci  d2 mdev driver(by=worker)\n" + string.Concat(lines.Select(line => $"p0.t0: {line}\n"));
        var machine = new PageMachine(isV2, hasIommu, hasMdev, excludes);
        machine.Start();
        return new PageProgram(ProgramText.Parse(text, "drawn.vprog").Program, machine, setUp);
    }

    private static string Line(ref Randomness random, bool hasMdev) => random.Below(20) switch
    {
        < 5 => $"map 0 {Range(ref random)} vaddr={Vaddr(ref random)} {Pick(ref random, "rw", "rw", "rw", "r", "w", "flags=0x0", "flags=0x5")}",
        < 7 => $"map 0 {Range(ref random)} vaddr={Vaddr(ref random)} vaddr",
        < 10 => $"unmap 0 {Range(ref random)}",
        10 => $"unmap 0 {Pick(ref random, "iova=0x0 size=0x0", "iova=0x0 size=0x0", "iova=0x0 size=0x1000", "iova=0x1000 size=0x0")} all",
        11 or 12 => $"unmap 0 {Range(ref random)} vaddr",
        13 => random.Below(2) == 0 ? "observe" : $"unmap 0 iova=0x0 size=0x0 all vaddr",
        14 or 15 when hasMdev => $"pin 13 iova={Iova(ref random)} pages={random.Below(5)} {Pick(ref random, "rw", "r", "w", "none")}",
        16 when hasMdev => $"unpin 13 iova={Iova(ref random)} pages={random.Below(5)}",
        17 when hasMdev => Pick(ref random, "attach 1 0", "detach 1"),
        18 => Pick(ref random, $"munmap page{random.Below(16)} pages={random.Below(3)}", $"mmap page{random.Below(16)} pages=2 anon-ro",
            $"mmap page{random.Below(16)} pages=4 anon", $"mmap page{random.Below(16)} pages=1 no-access"),
        19 => Pick(ref random, $"limit pages={random.Below(12)}", "limit unlimited", "capability drop", "capability raise",
            $"mlock pages={random.Below(18)}", "munlock"),
        _ => "observe",
    };

    private static string Range(ref Randomness random) =>
        $"iova={Iova(ref random)} size={Hex(random.Below(5) * 0x1000 + (random.Below(24) == 0 ? 0x800u : 0))}";

    private static string Iova(ref Randomness random) => Hex(random.Below(IovaPages) * 0x1000);

    private static string Vaddr(ref Randomness random) => random.Below(24) == 0 ? "page1+0x10" : $"page{random.Below(16)}";

    private static string Hex(ulong value) => string.Create(CultureInfo.InvariantCulture, $"0x{value:x}");

    private static string Pick(ref Randomness random, params ReadOnlySpan<string> words) => words[(int)random.Below((uint)words.Length)];
}
