namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>
/// The folder of one process of a campaign, in the layout that fuzzing people know: <c>queue</c>, <c>crashes</c> (a folder for each finding),
/// <c>hangs</c>, <c>fuzzer_stats</c>, <c>plot_data</c>. The first process has the campaign's folder itself, the others a folder in it each.
/// </summary>
public sealed class CampaignFolder : IDisposable
{
    private const string Seconds = "second-";

    private readonly FileStream held;

    private CampaignFolder(string root, string path, FileStream held)
    {
        Root = root;
        Path = path;
        this.held = held;
    }

    /// <summary>The campaign's folder.</summary>
    public string Root { get; }

    /// <summary>This process's folder.</summary>
    public string Path { get; }

    public string Queue => System.IO.Path.Combine(Path, "queue");

    public string Crashes => System.IO.Path.Combine(Path, "crashes");

    public string Hangs => System.IO.Path.Combine(Path, "hangs");

    /// <summary>Where files go that cannot be read.</summary>
    public string Damaged => System.IO.Path.Combine(Path, "damaged");

    public string Statistics => System.IO.Path.Combine(Path, "fuzzer_stats");

    public string Plot => System.IO.Path.Combine(Path, "plot_data");

    /// <summary>Queues of the other processes of the campaign that exist now.</summary>
    public IReadOnlyList<string> OtherQueues =>
        [.. Processes(Root).Where(path => path != Path).Select(path => System.IO.Path.Combine(path, "queue")).Where(Directory.Exists)];

    /// <summary>Opens, or makes, the folder of process <paramref name="number"/> (from 0) and keeps other processes out of it.</summary>
    /// <exception cref="IOException">It cannot be made, or a process is at work in it.</exception>
    public static CampaignFolder Open(string root, int number)
    {
        root = System.IO.Path.GetFullPath(root);
        var path = number == 0 ? root : System.IO.Path.Combine(root, Seconds + number);
        try
        {
            Directory.CreateDirectory(path);
            var folder = new CampaignFolder(root, path, Hold(System.IO.Path.Combine(path, ".lock")));
            foreach (var part in (string[])[folder.Queue, folder.Crashes, folder.Hangs])
            {
                Directory.CreateDirectory(part);
                WholeFile.Sweep(part);
            }
            return folder;
        }
        catch (UnauthorizedAccessException problem)
        {
            throw new IOException($"{path} cannot be used: {problem.Message}", problem);
        }
    }

    /// <summary>The folders of a campaign's processes, the first one first.</summary>
    public static IReadOnlyList<string> Processes(string root) =>
        [root, .. Directory.GetDirectories(root, Seconds + "*").OrderBy(path => path.Length).ThenBy(path => path, StringComparer.Ordinal)];

    public void Dispose() => held.Dispose();

    private static FileStream Hold(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException problem) when (File.Exists(path))
        {
            throw new IOException($"a process is at work in {System.IO.Path.GetDirectoryName(path)}: {problem.Message}", problem);
        }
    }
}
