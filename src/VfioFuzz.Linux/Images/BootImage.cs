using System.Buffers.Binary;
using System.IO.Compression;
using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Images;

/// <summary>
/// The uncompressed kernel inside a bzImage, found by the setup header's fields (Documentation/arch/x86/boot.rst:
/// setup_sects, HdrS, payload_offset, payload_length). QEMU enters it through its PVH note, 2.5 s sooner than a
/// bzImage through a BIOS.
/// </summary>
internal static class BootImage
{
    private const int SetupSectorsAt = 0x1f1;
    private const int MagicAt = 0x202;
    private const int VersionAt = 0x206;
    private const int PayloadOffsetAt = 0x248;
    private const int PayloadLengthAt = 0x24c;
    private const int VersionWithPayload = 0x0208;

    private static readonly Format[] Formats =
    [
        new([0x1f, 0x8b], "", "", [], false),
        new([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "xz", "xz-utils", ["-dc"], true),
        new([0x28, 0xb5, 0x2f, 0xfd], "zstd", "zstd", ["-dc"], true),
        new([0x02, 0x21, 0x4c, 0x18], "lz4", "lz4", ["-dc"], true),
        new([0x5d, 0x00, 0x00], "xz", "xz-utils", ["-dc", "--format=lzma"], true),
        new([(byte)'B', (byte)'Z', (byte)'h'], "bzip2", "bzip2", ["-dc"], true),
        new([0x89, (byte)'L', (byte)'Z', (byte)'O'], "lzop", "lzop", ["-dc"], true),
    ];

    /// <summary>Writes the vmlinux of <paramref name="image"/> to <paramref name="target"/>.</summary>
    public static void Extract(string image, string target, CancellationToken cancellation)
    {
        var payload = Payload(image, File.ReadAllBytes(image));
        var format = Array.Find(Formats, format => payload.Span.StartsWith(format.Magic));
        if (format is null)
            throw new KernelUnavailableException(
                $"{image}: the kernel inside is packed in a way that is not known here");
        // All but gzip (which has it itself) carry the unpacked size in four more bytes, no part of the stream.
        var stream = format.SizeAppended ? payload[..^sizeof(uint)] : payload;
        if (format.Tool.Length == 0)
            Gunzip(stream, target);
        else
        {
            RequiredTools.Demand(fetching: false, (format.Tool, format.Package));
            Tool.Filter(format.Tool, format.Arguments, stream, target, cancellation);
        }
        DemandElf(image, target);
    }

    /// <summary>The compressed kernel in a bzImage.</summary>
    internal static ReadOnlyMemory<byte> Payload(string name, byte[] image)
    {
        if (image.Length < PayloadLengthAt + sizeof(uint) || !image.AsSpan(MagicAt).StartsWith("HdrS"u8)
            || BinaryPrimitives.ReadUInt16LittleEndian(image.AsSpan(VersionAt)) < VersionWithPayload)
            throw new KernelUnavailableException($"{name} is not a bzImage");
        var setupSectors = image[SetupSectorsAt] == 0 ? 4 : image[SetupSectorsAt];
        var offset = (setupSectors + 1) * 512L + BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(PayloadOffsetAt));
        var length = BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(PayloadLengthAt));
        if (length < sizeof(uint) || offset + length > image.Length)
            throw new KernelUnavailableException($"{name} is cut short: its header names bytes beyond its end");
        return image.AsMemory((int)offset, (int)length);
    }

    /// <summary>A way to pack a kernel: how it begins and what unpacks it (no tool: the library does).</summary>
    private sealed record Format(byte[] Magic, string Tool, string Package, string[] Arguments, bool SizeAppended);

    private static void Gunzip(ReadOnlyMemory<byte> payload, string target)
    {
        using var packed = new MemoryStream(payload.ToArray());
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var file = File.Create(target);
        unpacked.CopyTo(file);
    }

    private static void DemandElf(string image, string target)
    {
        Span<byte> magic = stackalloc byte[4];
        using var file = File.OpenRead(target);
        if (file.Read(magic) != magic.Length || !magic.SequenceEqual("\u007fELF"u8))
            throw new KernelUnavailableException($"{image}: what came out of it is no ELF file");
    }
}
