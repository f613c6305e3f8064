using System.Buffers.Binary;
using System.Text;

namespace VfioFuzz.Linux.Images;

/// <summary>
/// The <c>key=value</c> strings of a kernel module's .modinfo section: what depmod reads to write modules.dep, which
/// an unpacked but not installed package does not have.
/// </summary>
internal static class ModuleInformation
{
    private const int SectionHeadersAt = 0x28;
    private const int SectionHeaderSizeAt = 0x3a;
    private const int SectionCountAt = 0x3c;
    private const int NamesIndexAt = 0x3e;

    /// <summary>Names of the modules that must be loaded before, with '_' for '-'.</summary>
    public static IReadOnlyList<string> Depends(ReadOnlySpan<byte> module) =>
        [.. Value(module, "depends").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(ModuleSet.Canonical)];

    /// <summary>The value of one key, empty when absent.</summary>
    public static string Value(ReadOnlySpan<byte> module, string key)
    {
        var prefix = key + '=';
        foreach (var text in Encoding.UTF8.GetString(Section(module, ".modinfo"u8)).Split('\0'))
            if (text.StartsWith(prefix, StringComparison.Ordinal))
                return text[prefix.Length..];
        return "";
    }

    /// <summary>Whether this is a relocatable ELF file for x86-64 with module information.</summary>
    public static bool IsModule(ReadOnlySpan<byte> file) => !Section(file, ".modinfo"u8).IsEmpty;

    private static ReadOnlySpan<byte> Section(ReadOnlySpan<byte> file, ReadOnlySpan<byte> name)
    {
        const int ElfHeader = 64;
        if (file.Length < ElfHeader || !file.StartsWith("\u007fELF\u0002\u0001"u8))
            return [];
        var headers = BinaryPrimitives.ReadUInt64LittleEndian(file[SectionHeadersAt..]);
        var size = BinaryPrimitives.ReadUInt16LittleEndian(file[SectionHeaderSizeAt..]);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(file[SectionCountAt..]);
        var names = Content(file, headers, size, BinaryPrimitives.ReadUInt16LittleEndian(file[NamesIndexAt..]));
        for (var index = 0; index < count; index++)
        {
            var header = Slice(file, headers + (ulong)(index * size), size);
            if (header.Length < ElfHeader)
                return [];
            var nameAt = BinaryPrimitives.ReadUInt32LittleEndian(header);
            if (nameAt < names.Length && names[(int)nameAt..].StartsWith(name) && names[(int)nameAt + name.Length] == 0)
                return Content(file, headers, size, index);
        }
        return [];
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> file, ulong headers, ushort size, int index)
    {
        const int OffsetAt = 0x18;
        const int LengthAt = 0x20;
        var header = Slice(file, headers + (ulong)(index * size), size);
        return header.Length < LengthAt + sizeof(ulong)
            ? []
            : Slice(
                file,
                BinaryPrimitives.ReadUInt64LittleEndian(header[OffsetAt..]),
                BinaryPrimitives.ReadUInt64LittleEndian(header[LengthAt..]));
    }

    private static ReadOnlySpan<byte> Slice(ReadOnlySpan<byte> file, ulong offset, ulong length) =>
        offset <= (ulong)file.Length && length <= (ulong)file.Length - offset
            ? file.Slice((int)offset, (int)length)
            : [];
}
