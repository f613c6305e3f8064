using VfioFuzz.Linux.Images;
using VfioFuzz.Programs;

namespace VfioFuzz.Linux.Tests.Images;

/// <summary>What a type1 module built for coverage says of its blocks.</summary>
public sealed class Blocks : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("vfiofuzz-blocks").FullName;

    [Fact]
    public void A_line_has_start_function_and_line()
    {
        Assert.Equal(new CodeBlock(0x2f, "vfio_dma_do_map", 1650), BlockTable.Parse("0x000000000000002f\tvfio_dma_do_map\t1650"));
        Assert.All(["", "2f\tname\t1", "0x2g\tname\t1", "0x2f\tname", "0x2f\tname\t-1"], line => Assert.Null(BlockTable.Parse(line)));
    }

    [Fact]
    public void Blocks_lie_beside_their_module_and_are_told_ascending()
    {
        var module = Path.Combine(folder, "vfio_iommu_type1.ko");
        Assert.Empty(BlockTable.Beside(module));
        Assert.Empty(BlockTable.Beside(null));
        File.WriteAllLines(Path.Combine(folder, BlockTable.FileName), ["0x20\tb\t2", "0x10\ta\t1"]);
        Assert.Equal<CodeBlock>([new(0x10, "a", 1), new(0x20, "b", 2)], BlockTable.Beside(module));
    }

    [Fact]
    public void A_damaged_table_is_named_with_its_line_and_the_cure()
    {
        var table = Path.Combine(folder, BlockTable.FileName);
        File.WriteAllLines(table, ["0x20\tb\t2", "what"]);
        var refused = Assert.Throws<KernelUnavailableException>(() => BlockTable.Beside(Path.Combine(folder, "vfio_iommu_type1.ko")));
        Assert.StartsWith($"{table}:2: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains("prepare the kernel again", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6.1-covered", "6.1", "type1 with coverage")]
    [InlineData("6.12-waiting-mended", "6.12", "type1 with waiting and should-stop")]
    public void A_kernel_s_name_says_how_its_type1_is_changed(string name, string series, string told)
    {
        var (found, variant) = Type1Variant.Parse(name)!.Value;
        Assert.Equal((series, told), (found, variant.ToString()));
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
