namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>Files that appear whole or not at all: written beside and renamed, so that kill -9 at any moment leaves the old one or the new one.</summary>
public static class WholeFile
{
    /// <summary>What is being written ends in this; a leftover is of no worth.</summary>
    public const string Unfinished = ".partial";

    /// <exception cref="IOException">It cannot be written; the message names the file and the reason, and nothing is left behind.</exception>
    public static void Write(string path, string text) => Write(path, beside => File.WriteAllText(beside, text));

    /// <exception cref="IOException">As for text.</exception>
    public static void Write(string path, byte[] bytes) => Write(path, beside => File.WriteAllBytes(beside, bytes));

    private static void Write(string path, Action<string> write)
    {
        var beside = path + Unfinished;
        try
        {
            write(beside);
            File.Move(beside, path, overwrite: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            TryDelete(beside);
            throw new IOException($"{path} cannot be written: {problem.Message}", problem);
        }
    }

    /// <summary>Removes what a killed process was writing.</summary>
    public static void Sweep(string folder)
    {
        foreach (var left in Directory.GetFiles(folder, "*" + Unfinished, SearchOption.AllDirectories))
            TryDelete(left);
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The first problem is the one to tell.
        }
    }
}
