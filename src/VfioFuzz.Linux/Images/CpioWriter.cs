using System.Globalization;
using System.Text;

namespace VfioFuzz.Linux.Images;

/// <summary>
/// Writes a cpio archive of the newc form, as the kernel's initramfs reader takes it
/// (driver-api/early-userspace/buffer-format): ASCII headers, everything padded to 4 bytes. Owners are root and
/// times zero, so that equal content makes an equal archive.
/// </summary>
internal sealed class CpioWriter(Stream stream)
{
    private const int Directory = 0x4000;
    private const int Regular = 0x8000;
    private const int CharacterDevice = 0x2000;

    private uint inode;

    public void Folder(string name) => Entry(name, Directory | 0x1ed, []);

    public void Device(string name, uint major, uint minor) =>
        Entry(name, CharacterDevice | 0x180, [], major, minor);

    public void Executable(string name, ReadOnlySpan<byte> content) => Entry(name, Regular | 0x1ed, content);

    public void File(string name, ReadOnlySpan<byte> content) => Entry(name, Regular | 0x1a4, content);

    /// <summary>The trailer. Another archive may follow it.</summary>
    public void Finish() => Entry("TRAILER!!!", 0, []);

    private void Entry(string name, uint mode, ReadOnlySpan<byte> content, uint major = 0, uint minor = 0)
    {
        inode++;
        var nameBytes = Encoding.UTF8.GetBytes(name + '\0');
        var links = (mode & Directory) != 0 && (mode & Regular) == 0 ? 2u : 1u;
        ReadOnlySpan<uint> fields =
        [
            inode, mode, 0, 0, links, 0, (uint)content.Length, 0, 0, major, minor, (uint)nameBytes.Length, 0,
        ];
        var header = new StringBuilder("070701");
        foreach (var field in fields)
            header.Append(field.ToString("x8", CultureInfo.InvariantCulture));
        stream.Write(Encoding.ASCII.GetBytes(header.ToString()));
        stream.Write(nameBytes);
        Pad(header.Length + nameBytes.Length);
        stream.Write(content);
        Pad(content.Length);
    }

    private void Pad(int written)
    {
        ReadOnlySpan<byte> zeros = [0, 0, 0];
        stream.Write(zeros[..(-written & 3)]);
    }
}
