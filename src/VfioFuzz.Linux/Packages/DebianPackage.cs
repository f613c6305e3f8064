using System.Globalization;

namespace VfioFuzz.Linux.Packages;

/// <summary>A binary package as apt's index describes it.</summary>
/// <param name="Sha256">Of the .deb file, as the signed index says.</param>
/// <param name="Size">Bytes of the .deb file.</param>
/// <param name="InstalledSize">Bytes when unpacked, about.</param>
internal sealed record DebianPackage(
    string Name, string Version, string Sha256, long Size, long InstalledSize, IReadOnlyList<string> Depends)
{
    /// <summary>Reads the first stanza of <c>apt-cache show</c>.</summary>
    public static DebianPackage Parse(string stanza)
    {
        var fields = stanza.Split("\n\n")[0].Split('\n')
            .Where(line => line.Length > 0 && line[0] != ' ')
            .Select(line => line.Split(": ", 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return new DebianPackage(
            fields["Package"], fields["Version"], fields["SHA256"], Number("Size"), Number("Installed-Size") << 10,
            [.. fields.GetValueOrDefault("Depends", "").Split([',', '|'], StringSplitOptions.TrimEntries)
                .Select(dependency => dependency.Split(' ')[0]).Where(name => name.Length > 0)]);

        long Number(string key) => long.Parse(fields.GetValueOrDefault(key, "0"), CultureInfo.InvariantCulture);
    }
}
