using System.Buffers.Binary;
using System.Text;
using VfioFuzz.Linux.Images;

namespace VfioFuzz.Linux.Tests.Images;

/// <summary>The files that a guest starts from.</summary>
public sealed class ArchivesAndImages
{
    [Fact]
    public void An_archive_holds_what_was_written_padded_to_words()
    {
        using var stream = new MemoryStream();
        var archive = new CpioWriter(stream);
        archive.Folder("modules");
        archive.File("modules/order", "vfio.ko\n"u8);
        archive.Device("dev/console", 5, 1);
        archive.Finish();
        var entries = Entries(stream.ToArray());
        Assert.Equal(["modules", "modules/order", "dev/console", "TRAILER!!!"], entries.Select(entry => entry.Name));
        Assert.Equal("vfio.ko\n", entries[1].Content);
        Assert.Equal([0x41edu, 0x81a4u, 0x2180u, 0u], entries.Select(entry => entry.Mode));
        Assert.Equal(0, stream.Length % 4);
    }

    [Fact]
    public void Equal_content_makes_an_equal_archive()
    {
        KernelModule[] load = [new("vfio", [1, 2, 3]), new("mdev", [4])];
        Assert.Equal(Written(load), Written(load));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void A_payload_is_found_where_the_setup_header_says_unless_it_is_cut_short(int missing, bool refused)
    {
        var image = BzImage([9, 8, 7, 6, 5])[..^missing];
        if (refused)
            Assert.Throws<KernelUnavailableException>(() => BootImage.Payload("image", image));
        else
            Assert.Equal([9, 8, 7, 6, 5], BootImage.Payload("image", image).ToArray());
    }

    [Fact]
    public void What_is_no_kernel_is_refused() =>
        Assert.Throws<KernelUnavailableException>(() => BootImage.Payload("image", new byte[4096]));

    [Fact]
    public void Missing_options_are_named()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """
                CONFIG_VFIO=m
                # CONFIG_VFIO_MDEV is not set
                CONFIG_VFIO_IOMMU_TYPE1=n
                """);
            var missing = new KernelConfiguration(file).Missing();
            Assert.Contains("CONFIG_VFIO_MDEV", missing);
            Assert.Contains("CONFIG_VFIO_IOMMU_TYPE1", missing);
            Assert.DoesNotContain("CONFIG_VFIO", missing);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void A_file_that_only_begins_like_a_module_is_none() =>
        Assert.False(ModuleInformation.IsModule([.. "\u007fELF\u0002\u0001"u8, .. Enumerable.Repeat((byte)0xff, 200)]));

    private static byte[] Written(KernelModule[] load)
    {
        using var stream = new MemoryStream();
        Initramfs.Write(stream, "executor"u8, load);
        return stream.ToArray();
    }

    private static byte[] BzImage(byte[] payload)
    {
        const int Setup = 512 * 2;
        const int Offset = 16;
        var image = new byte[Setup + Offset + payload.Length];
        image[0x1f1] = 1;
        "HdrS"u8.CopyTo(image.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x206), 0x20f);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x248), Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(0x24c), (uint)payload.Length);
        payload.CopyTo(image, Setup + Offset);
        return image;
    }

    private static List<(string Name, uint Mode, string Content)> Entries(byte[] archive)
    {
        var entries = new List<(string, uint, string)>();
        for (var position = 0; position < archive.Length;)
        {
            Assert.Equal("070701", Encoding.ASCII.GetString(archive, position, 6));
            var header = Encoding.ASCII.GetString(archive, position + 6, 104);
            var fields = header.Chunk(8).Select(field => Convert.ToUInt32(new string(field), 16)).ToArray();
            var (size, nameSize) = ((int)fields[6], (int)fields[11]);
            var name = Encoding.ASCII.GetString(archive, position + 110, nameSize - 1);
            position = (position + 110 + nameSize + 3) & ~3;
            entries.Add((name, fields[1], Encoding.ASCII.GetString(archive, position, size)));
            position = (position + size + 3) & ~3;
        }
        return entries;
    }
}
