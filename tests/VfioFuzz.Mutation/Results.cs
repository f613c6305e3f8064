namespace VfioFuzz.Mutation;

/// <summary>
/// What became of each mutant of a sample, one line each, written as it is known: a run that is stopped goes on where it was.
/// </summary>
internal sealed class Results
{
    private readonly string path;
    private readonly Dictionary<string, Ending> endings = new(StringComparer.Ordinal);

    public Results(string folder)
    {
        Directory.CreateDirectory(folder);
        path = Path.Combine(folder, "results.tsv");
        if (!File.Exists(path))
            return;
        foreach (var line in File.ReadAllLines(path))
            if (line.Split('\t') is [var id, var by, var evidence])
                endings[id] = new Ending(by, evidence);
    }

    public Ending? Of(Mutant mutant) => endings.GetValueOrDefault(mutant.Id);

    public void Add(Mutant mutant, Ending ending)
    {
        endings[mutant.Id] = ending;
        File.AppendAllText(path, $"{mutant.Id}\t{ending.By}\t{ending.Evidence.Replace('\t', ' ').Replace('\n', ' ')}\n");
    }
}
