using System.Text;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Fuzzing;

/// <summary>
/// Findings on disk, one folder each: <c>first-seen.vprog</c> as it was found, written at once; then <c>minimal.vprog</c> with its schedule,
/// <c>explanation.txt</c> and <c>replay.sh</c>. Two keys whose minimal programs are the same, with one rule and grade, are one finding: the first, and
/// the other's place stands in its <c>places</c>.
/// </summary>
public sealed class FindingFolders(string folder, string target)
{
    private const string FirstSeen = "first-seen.vprog";
    private const string Minimal = "minimal.vprog";
    private const string Places = "places";

    private readonly Dictionary<FindingKey, string> known = [];
    private readonly List<(string Expectation, Program Minimal, string Path)> minimals = [];

    /// <summary>Folders of findings.</summary>
    public int Count => minimals.Count;

    /// <summary>Whether a violation of this key has a folder.</summary>
    public bool Knows(FindingKey key) => known.ContainsKey(key);

    /// <summary>Stores a finding as it was seen: nothing of it can be lost from here on.</summary>
    public void Begin(Finding seen)
    {
        var path = PathOf(seen.Key);
        Directory.CreateDirectory(path);
        WholeFile.Write(Path.Combine(path, FirstSeen), FindingText.Print(seen));
        known[seen.Key] = path;
    }

    /// <summary>Stores the shrunk form of a finding that was begun; the folder it is in now.</summary>
    public string Complete(Finding shrunk)
    {
        var path = known[shrunk.Key];
        foreach (var (expectation, minimal, same) in minimals)
        {
            if (expectation != shrunk.Key.Expectation || !minimal.Equals(shrunk.Program))
                continue;
            AddPlace(same, shrunk.Key.Place);
            known[shrunk.Key] = same;
            Directory.Delete(path, recursive: true);
            return same;
        }
        WholeFile.Write(Path.Combine(path, "explanation.txt"), Explanation(shrunk));
        WholeFile.Write(Path.Combine(path, "replay.sh"), Replay());
        AddPlace(path, shrunk.Key.Place);
        WholeFile.Write(Path.Combine(path, Minimal), FindingText.Print(shrunk));
        minimals.Add((shrunk.Key.Expectation, shrunk.Program, path));
        return path;
    }

    /// <summary>
    /// Takes up the folders that are there. Those of a campaign that was killed before it had shrunk them are returned, to be shrunk now; damaged
    /// ones are told and set aside. An empty folder is neither: kill -9 came between making it and filling it, or between emptying it for another's
    /// sake and removing it, and it is removed.
    /// </summary>
    public List<Finding> Load(string damaged, Action<string> tell)
    {
        var begun = new List<Finding>();
        foreach (var path in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (!Directory.EnumerateFileSystemEntries(path).Any())
            {
                Directory.Delete(path);
                continue;
            }
            if (Read(path, out var isShrunk, out var problem) is not { } finding)
            {
                Directory.CreateDirectory(damaged);
                var aside = Path.Combine(damaged, $"{Path.GetFileName(path)}-{Directory.GetDirectories(damaged).Length}");
                Directory.Move(path, aside);
                tell($"damaged, set aside as {aside}: {problem}");
                continue;
            }
            known[finding.Key] = path;
            if (!isShrunk)
            {
                begun.Add(finding);
                continue;
            }
            minimals.Add((finding.Key.Expectation, finding.Program, path));
            foreach (var place in PlacesOf(path))
                known[finding.Key with { Place = place }] = path;
        }
        return begun;
    }

    /// <summary>The finding in a folder: its minimal form, else as it was first seen; null when neither can be read.</summary>
    public static Finding? Read(string path, out bool isShrunk, out string problem)
    {
        isShrunk = File.Exists(Path.Combine(path, Minimal));
        var file = Path.Combine(path, isShrunk ? Minimal : FirstSeen);
        problem = $"{file} is missing";
        if (!File.Exists(file))
            return null;
        try
        {
            var finding = FindingText.Of(ProgramText.Parse(File.ReadAllText(file), file));
            problem = finding is null ? $"{file} names no finding" : "";
            return finding;
        }
        catch (ProgramTextException wrong)
        {
            problem = wrong.Message;
            return null;
        }
    }

    private string PathOf(FindingKey key) => Path.Combine(folder, Path.GetFileNameWithoutExtension(FindingStore.NameOf(key, [target])));

    private static void AddPlace(string path, string place) =>
        WholeFile.Write(Path.Combine(path, Places), string.Concat(PlacesOf(path).Append(place).Distinct().Select(known => known + "\n")));

    private static string[] PlacesOf(string path) =>
        File.Exists(Path.Combine(path, Places)) ? File.ReadAllLines(Path.Combine(path, Places)) : [];

    private string Explanation(Finding finding)
    {
        var text = new StringBuilder();
        text.AppendLine($"{finding.Key.Expectation} on {target}");
        if (RuleBook.Find(finding.Key.Rule) is { } rule)
            text.AppendLine($"{rule.Statement} ({rule.Authority})");
        text.AppendLine().AppendLine($"where: {finding.Key.Place}");
        foreach (var fact in finding.Evidence.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            text.AppendLine($"  {fact.Trim()}");
        text.AppendLine();
        foreach (var remark in finding.Remarks)
            text.AppendLine(remark);
        if (finding.Origin is { } origin)
            text.AppendLine($"first seen in execution {origin.Index} of seed {origin.Seed}");
        text.AppendLine("replay: sh replay.sh, or vfiofuzz explain minimal.vprog for a drawing of the run");
        return text.ToString();
    }

    private string Replay() =>
        $"""
        #!/bin/sh
        # From the repository's folder, or with vfiofuzz on PATH.
        PATH=$PWD/artifacts:$PATH
        exec vfiofuzz replay "$(dirname "$0")/{Minimal}" --target '{target}' "$@"

        """;
}
