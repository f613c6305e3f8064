using VfioFuzz.Programs;

namespace VfioFuzz.Fuzz;

/// <summary>A folder of programs: .vprog text, or the bytes of an AFL queue (files named id:...).</summary>
internal static class CorpusFolder
{
    /// <summary>Every program of a folder, in the order of file names. A damaged text file is told to <paramref name="damaged"/> and left out.</summary>
    /// <exception cref="DirectoryNotFoundException">No such folder.</exception>
    public static IEnumerable<(string Name, Program Program)> Read(string folder, Action<ProgramTextException> damaged)
    {
        foreach (var path in Directory.GetFiles(folder).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(path);
            Program? program = null;
            if (name.EndsWith(".vprog", StringComparison.Ordinal))
            {
                try
                {
                    program = ProgramText.Parse(File.ReadAllText(path), path).Program;
                }
                catch (ProgramTextException problem)
                {
                    damaged(problem);
                }
            }
            else if (name.StartsWith("id:", StringComparison.Ordinal) || name.EndsWith(".bin", StringComparison.Ordinal))
            {
                program = ProgramBytes.Decode(File.ReadAllBytes(path));
            }
            if (program is not null)
                yield return (name, program);
        }
    }

    /// <summary>Writes a program as text; the file appears whole or not at all.</summary>
    public static void Write(string folder, string name, Program program)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, Path.ChangeExtension(name.Replace(':', '-').Replace(',', '-'), ".vprog"));
        var beside = path + ".partial";
        File.WriteAllText(beside, ProgramText.Print(new ProgramDocument(program)));
        File.Move(beside, path, overwrite: true);
    }
}
