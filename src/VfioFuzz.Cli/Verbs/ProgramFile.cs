using VfioFuzz.Programs;

namespace VfioFuzz.Cli.Verbs;

/// <summary>A <c>.vprog</c> file named on the command line, <c>-</c> for stdin.</summary>
internal static class ProgramFile
{
    public static ProgramDocument Read(string name)
    {
        if (name == "-")
            return ProgramText.Parse(Console.In.ReadToEnd(), "stdin");
        try
        {
            return ProgramText.Parse(File.ReadAllText(name), name);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"{name}: there is no such file; give a .vprog file, or - for stdin");
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            throw new UsageException($"{name}: cannot be read: {refused.Message}");
        }
    }

    /// <summary>The targets to use: the one asked for, else those the file names.</summary>
    public static IReadOnlyList<string> TargetsOf(ProgramDocument document, string name, string? asked)
    {
        if (asked is not null)
            return [asked];
        return document.Targets.IsEmpty
            ? throw new UsageException($"{name}:1: the header names no target; add `target sim/blocking` to it, or give --target")
            : document.Targets;
    }
}
