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

    private string Minimize()
    {
        var (exit, output) = Campaign.Start(Campaign.Host, ["min", from, to]);
        Assert.True(exit == 0, output);
        return output;
    }
}
