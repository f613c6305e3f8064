using System.Globalization;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>A program of a queue's folder, as its file has it.</summary>
/// <param name="Name">The file's name.</param>
public sealed record StoredEntry(string Name, Program Program, Schedule Schedule);

/// <summary>
/// The queue on disk: one .vprog file an entry, named as AFL names them, with the schedule in its header. A file appears whole, under a number that no
/// other file of the folder has.
/// </summary>
public sealed class QueueStore(string folder, string target)
{
    private int next;

    /// <summary>Writes an entry; its file's name.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public string Write(QueueEntry entry, string? parent)
    {
        var from = parent is null ? "" : $",src:{IdOf(parent):d6}";
        var name = string.Create(CultureInfo.InvariantCulture, $"id:{next:d6}{from},op:{Word(entry.Making)}.vprog");
        WholeFile.Write(
            Path.Combine(folder, name),
            ProgramText.Print(new ProgramDocument(entry.Program) { Targets = [target], Schedule = entry.Schedule }));
        next++;
        return name;
    }

    /// <summary>
    /// Every entry of the folder in the order of their names; the next file is numbered behind them. A file that cannot be read is set aside in
    /// <paramref name="damaged"/> and told.
    /// </summary>
    public List<StoredEntry> Load(string damaged, Action<string> tell)
    {
        var entries = new List<StoredEntry>();
        foreach (var path in Directory.GetFiles(folder, "*.vprog").Order(StringComparer.Ordinal))
        {
            if (IdOf(Path.GetFileName(path)) is >= 0 and var id)
                next = Math.Max(next, id + 1);
            if (ReadOrSetAside(path, damaged, tell) is { } entry)
                entries.Add(entry);
        }
        return entries;
    }

    /// <summary>One file of a queue, or null when it is no program.</summary>
    public static StoredEntry? Read(string path, out string problem) => Read(path, File.ReadAllText(path), out problem);

    /// <summary>The same of a file that was read already.</summary>
    public static StoredEntry? Read(string path, string text, out string problem)
    {
        try
        {
            var document = ProgramText.Parse(text, path);
            problem = "";
            return new StoredEntry(Path.GetFileName(path), document.Program, document.Schedule);
        }
        catch (ProgramTextException wrong)
        {
            problem = wrong.Message;
            return null;
        }
    }

    /// <summary>The number in a file's name, or -1.</summary>
    public static int IdOf(string name) =>
        name.StartsWith("id:", StringComparison.Ordinal) && name.Length >= 9
        && int.TryParse(name.AsSpan(3, 6), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : -1;

    private static StoredEntry? ReadOrSetAside(string path, string damaged, Action<string> tell)
    {
        if (Read(path, out var problem) is { } entry)
            return entry;
        Directory.CreateDirectory(damaged);
        var aside = Path.Combine(damaged, Path.GetFileName(path));
        File.Move(path, aside, overwrite: true);
        tell($"damaged, set aside as {aside}: {problem}");
        return null;
    }

    private static string Word(Making making) => making switch
    {
        Making.Generated => "generate",
        Making.Seed => "seed",
        Making.Mutated => "mutate",
        Making.Spliced => "splice",
        Making.Rescheduled => "schedule",
        Making.Continued => "continue",
        _ => "import",
    };
}
