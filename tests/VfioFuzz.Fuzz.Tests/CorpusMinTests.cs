namespace VfioFuzz.Fuzz.Tests;

public sealed class CorpusMinTests : IDisposable
{
    private readonly string from = Directory.CreateTempSubdirectory("vfiofuzz-from-").FullName;
    private readonly string to = Directory.CreateTempSubdirectory("vfiofuzz-to-").FullName;

    public void Dispose()
    {
        Directory.Delete(from, recursive: true);
        Directory.Delete(to, recursive: true);
    }

    [AflFact]
    public void A_program_that_covers_nothing_new_is_not_kept()
    {
        foreach (var seed in Directory.GetFiles(Path.Combine(Campaign.Root, "corpus/seeds"), "*.vprog"))
        {
            File.Copy(seed, Path.Combine(from, "a-" + Path.GetFileName(seed)));
            File.Copy(seed, Path.Combine(from, "b-" + Path.GetFileName(seed)));
        }
        var said = Minimize();

        Assert.Contains($"{Directory.GetFiles(from).Length} programs, 0 damaged", said, StringComparison.Ordinal);
        Assert.InRange(Directory.GetFiles(to).Length, 1, Directory.GetFiles(from).Length / 2);
        Assert.All(Directory.GetFiles(to), kept => Assert.StartsWith("a-", Path.GetFileName(kept), StringComparison.Ordinal));
    }

    [AflFact]
    public void A_program_that_alone_shows_a_finding_is_kept()
    {
        const string SetUp =
            """
            vprog 1
            world  d0 mdev driver(by=worker)
            p0.t0: open container at=3
            p0.t0: open group d0 at=4
            p0.t0: attach 4 3
            p0.t0: set-iommu 3 type1v2
            p0.t0: get-device 4 d0 at=5
            p0.t0: map 3 iova=0x0 size=0x1000 vaddr=page0 rw
            p0.t0: unmap 3 iova=0x0 size=0x1000 vaddr

            """;
        File.WriteAllText(Path.Combine(from, "blocks.vprog"), SetUp + "p0.t0: submit d0.w0 pin iova=0x0 pages=1 rw\n");
        File.WriteAllText(Path.Combine(from, "sets-up.vprog"), SetUp);

        Assert.Contains("1 findings", Minimize(), StringComparison.Ordinal);
        Assert.Contains(Path.Combine(to, "blocks.vprog"), Directory.GetFiles(to));
    }

    [AflFact]
    public void A_damaged_file_is_named_and_left_out()
    {
        File.Copy(Path.Combine(Campaign.Root, "corpus/seeds/live-update.vprog"), Path.Combine(from, "good.vprog"));
        File.WriteAllText(Path.Combine(from, "torn.vprog"), "vprog 1\nworld\np0.t0: clo");

        Assert.Contains("1 damaged", Minimize(), StringComparison.Ordinal);
        Assert.Equal([Path.Combine(to, "good.vprog")], Directory.GetFiles(to));
    }

    /// <summary>Both files mean the same program, but one has a byte that the decoder has no line left for: an edge of its own, as afl-fuzz sees it.</summary>
    [AflFact]
    public void A_file_of_bytes_is_kept_for_what_it_shows_of_the_decoder()
    {
        const int LinesMost = 64;
        var text = "vprog 1\nworld  d0 pci\n" + string.Concat(Enumerable.Repeat("p0.t0: observe\n", LinesMost));
        File.WriteAllText(Path.Combine(from, "full.vprog"), text);
        Assert.Equal(0, Campaign.Start(Campaign.Host, ["seeds", from, to]).Exit);
        File.Delete(Path.Combine(from, "full.vprog"));
        var bytes = File.ReadAllBytes(Path.Combine(to, "full.bin"));
        File.Delete(Path.Combine(to, "full.bin"));
        File.WriteAllBytes(Path.Combine(from, "full.bin"), bytes);
        File.WriteAllBytes(Path.Combine(from, "overfull.bin"), [.. bytes, 0]);

        Minimize();

        Assert.Equal(["full.vprog", "overfull.vprog"], Directory.GetFiles(to).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [AflFact]
    public void Compiled_ahead_of_time_it_keeps_the_same()
    {
        foreach (var seed in Directory.GetFiles(Path.Combine(Campaign.Root, "corpus/seeds"), "*.vprog", SearchOption.AllDirectories))
            File.Copy(seed, Path.Combine(from, Path.GetFileName(seed)));
        Minimize();
        var kept = Kept();
        Assert.NotEmpty(kept);
        Directory.Delete(to, recursive: true);

        Minimize(Campaign.Native);

        Assert.Equal(kept, Kept());
    }

    private Dictionary<string, string> Kept() => Directory.GetFiles(to).ToDictionary(path => Path.GetFileName(path)!, File.ReadAllText);

    private string Minimize(string? host = null)
    {
        var (exit, output) = Campaign.Start(host ?? Campaign.Host, ["min", from, to]);
        Assert.True(exit == 0, output);
        return output;
    }
}
