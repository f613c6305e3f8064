using System.Text;
using VfioFuzz.Campaigns.Fuzzing;
using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>A program of a corpus, with how it is run: the schedule of its file, or the one seed of byte files, which have none.</summary>
/// <param name="Bytes">What the file holds, of a file of bytes.</param>
internal sealed record CorpusProgram(string Name, Program Program, RunRequest Request, byte[]? Bytes = null);

/// <summary>A folder of programs: .vprog text, or the bytes of an AFL queue (files named id:...).</summary>
internal static class CorpusFolder
{
    private const ulong ScheduleSeed = 1;

    /// <summary>Every program of a folder, in the order of file names. A damaged text file is told to <paramref name="damaged"/> and left out.</summary>
    /// <exception cref="DirectoryNotFoundException">No such folder.</exception>
    public static IEnumerable<CorpusProgram> Read(string folder, Action<string> damaged)
    {
        // Files are read ahead by other threads; decoding is instrumented code, and stays on this one.
        var files = Directory.GetFiles(folder).Where(IsProgram).Order(StringComparer.Ordinal)
            .AsParallel().AsOrdered().Select(path => (path, File.ReadAllBytes(path)));
        foreach (var (path, bytes) in files)
        {
            if (Parsed(path, bytes, damaged) is { } program)
                yield return program;
        }
    }

    /// <summary>One file, or null when it is no program: damaged (which is told), or of another kind.</summary>
    public static CorpusProgram? ReadFile(string path, Action<string> damaged) =>
        IsProgram(path) ? Parsed(path, File.ReadAllBytes(path), damaged) : null;

    private static bool IsProgram(string path)
    {
        var name = Path.GetFileName(path.AsSpan());
        return name.EndsWith(".vprog", StringComparison.Ordinal) || name.StartsWith("id:", StringComparison.Ordinal) || name.EndsWith(".bin", StringComparison.Ordinal);
    }

    private static CorpusProgram? Parsed(string path, byte[] bytes, Action<string> damaged)
    {
        var name = Path.GetFileName(path);
        if (!name.EndsWith(".vprog", StringComparison.Ordinal))
            return new CorpusProgram(name, ProgramBytes.Decode(bytes), new RunRequest(ScheduleSeed), bytes);
        if (QueueStore.Read(path, Encoding.UTF8.GetString(bytes), out var problem) is { } stored)
            return new CorpusProgram(name, stored.Program, new RunRequest(0, stored.Schedule));
        damaged(problem);
        return null;
    }

    /// <summary>Writes a program as text with the schedule it took, into a folder that is there; the file appears whole or not at all.</summary>
    public static void Write(string folder, string name, Program program, Schedule schedule)
    {
        var path = Path.Combine(folder, Path.ChangeExtension(name.Replace(':', '-').Replace(',', '-'), ".vprog"));
        WholeFile.Write(path, ProgramText.Print(new ProgramDocument(program) { Schedule = schedule }));
    }
}
