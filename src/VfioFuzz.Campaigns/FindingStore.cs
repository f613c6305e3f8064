using System.Globalization;
using VfioFuzz.Checking;

namespace VfioFuzz.Campaigns;

/// <summary>
/// A directory of findings, one file each. A file appears whole or not at all (written beside and renamed) as soon as the finding exists, so a
/// killed campaign loses nothing.
/// </summary>
public sealed class FindingStore(string directory)
{
    public string Directory { get; } = directory;

    /// <summary>Writes the finding over an older one of the same key; the path is told.</summary>
    public string Write(Finding finding)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var path = Path.Combine(Directory, NameOf(finding.Key, finding.Targets));
        var beside = path + ".partial";
        using (var stream = new FileStream(beside, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            using var writer = new StreamWriter(stream);
            writer.Write(FindingText.Print(finding));
            writer.Flush();
            stream.Flush(flushToDisk: true);
        }
        File.Move(beside, path, overwrite: true);
        return path;
    }

    /// <summary>
    /// The file of a key: rule and grade for people, a mark of the place and the targets to tell the others apart. The mark is FNV-1a, the same
    /// in every session.
    /// </summary>
    public static string NameOf(FindingKey key, IEnumerable<string> targets)
    {
        var mark = 14695981039346656037UL;
        foreach (var letter in $"{string.Join(',', targets)}|{key.Place}")
            mark = (mark ^ letter) * 1099511628211UL;
        var name = key.Expectation.Replace('/', '-');
        return string.Create(CultureInfo.InvariantCulture, $"{name}-{(uint)(mark ^ (mark >> 32)):x8}.vprog");
    }
}
