using System.Collections.Concurrent;
using System.Collections.Immutable;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Atlas;

/// <summary>
/// Decides cells. The witness of a row is run on each design with its lines one after the other, then with lines that start beside calls
/// under way; a row about stuck tasks also with any of its lines left out. The first search is preferred where both come to the same
/// grade: its program is easier to read.
/// </summary>
public sealed class WitnessRun(IAtlasDesigns designs, Action<AtlasCell>? tell, CancellationToken stop)
{
    /// <summary>The cells of some rows on the columns' designs and on those that a row names beside, in that order.</summary>
    public ImmutableArray<AtlasCell> Cells(IReadOnlyList<AtlasRow> rows, IReadOnlyList<AtlasColumn> columns, int threads)
    {
        var work = rows.SelectMany(row => columns.Select(column => column.Design).Concat(row.Also).Select(design => (Row: row, Design: design)))
            .ToArray();
        var cells = new AtlasCell[work.Length];
        Parallel.For(0, work.Length, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = stop }, at =>
        {
            cells[at] = Cell(work[at].Row, work[at].Design);
            tell?.Invoke(cells[at]);
        });
        return [.. cells];
    }

    public AtlasCell Cell(AtlasRow row, string design)
    {
        var kinds = designs.KindsOf(design);
        if (!row.Program.Lines.All(line => kinds.Has(line.Operation.Kind)))
            return new AtlasCell { Row = row.Id, Design = design, IsKnown = false };
        var others = new ConcurrentDictionary<string, bool>();
        var isParallel = row.Program.Lines.Any(line => line.IsParallel);
        var inTurn = Search(row, design, overlaps: isParallel, others);
        var racing = row.IsWhole || isParallel ? null : Search(row, design, overlaps: true, others);
        var shown = ImmutableArray.CreateBuilder<ShownProgram>();
        if (inTurn.Program is not null)
        {
            var program = new ShownProgram(inTurn.Grade, IsRace: false, inTurn.Program, inTurn.Schedule) { IsMinimum = !row.IsWhole || IsLeast(row, design, isParallel, others) };
            shown.Add(Replayed(row, design, program));
        }
        if (racing?.Program is not null && racing.Grade > inTurn.Grade)
            shown.Add(Replayed(row, design, new ShownProgram(racing.Grade, IsRace: true, racing.Program, racing.Schedule)));
        return new AtlasCell
        {
            Row = row.Id,
            Design = design,
            Shown = shown.ToImmutable(),
            States = inTurn.States + (racing?.States ?? 0),
            Bound = inTurn.Bound ?? racing?.Bound,
            Others = [.. others.Keys.Order(StringComparer.Ordinal)],
        };
    }

    private WitnessFound Search(AtlasRow row, string design, bool overlaps, ConcurrentDictionary<string, bool> others, bool? selects = null) => designs.Search(
        design, row.Program, new ScheduleSpace(overlaps, selects ?? !row.IsWhole), row.Signature.Watched, state => Judge(row.Signature, state, others));

    /// <summary>
    /// Whether a row about answers needs every line of its witness. Its answers are counted by lines and tags, so the program with lines left
    /// out is not the one to show; that there is none is what counts.
    /// </summary>
    private bool IsLeast(AtlasRow row, string design, bool overlaps, ConcurrentDictionary<string, bool> others) =>
        Search(row, design, overlaps, others, selects: true).Program?.Lines.Length == row.Program.Lines.Length;

    /// <summary>
    /// The program as a run shows it: a search is believed only when the simulator, given the schedule, comes to the same grade.
    /// </summary>
    /// <exception cref="InvalidOperationException">It does not: search and simulator disagree, and one of them is wrong.</exception>
    private ShownProgram Replayed(AtlasRow row, string design, ShownProgram shown)
    {
        using var target = designs.Open(design);
        var history = target.Run([shown.Program], new RunRequest(0, shown.Schedule)).First();
        var answers = RunRecord.Answers(history, shown.Program.Lines.Length).Select(answer => answer.ToString()).ToImmutableArray();
        var broken = history.StateViolations.Count > 0 ? history.StateViolations[0] : null;
        var watched = row.Signature.Watched.Select((watch, at) => answers[watch.Line] == watch.Answer ? 1 << at : 0).Sum();
        // What lives, what died and what stays pinned a history does not tell: taken as the search says.
        var state = new QuietState([.. history.Freezes], broken is null ? "" : $"{broken.Rule} ({broken.Evidence})", watched, ~0, ~0, 1, 1);
        var grade = row.Signature.Of(state);
        if (grade != shown.Grade)
            throw new InvalidOperationException($"{row.Id} on {design}: the search came to {shown.Grade}, a run of its program to {grade}");
        var circle = Deadlocks.Circles(state.Freezes).Select(x => $"{Deadlocks.RuleOf(x.Stuck).Name}/{FindingKey.NameOf(x.Grade)}").FirstOrDefault();
        return shown with { Answers = [.. answers], Expectation = broken?.Rule ?? circle };
    }

    private static ShownGrade Judge(Signature signature, QuietState state, ConcurrentDictionary<string, bool> others)
    {
        var grade = signature.Of(state);
        if (grade != ShownGrade.Never)
            return grade;
        if (state.Broken.Length > 0)
            others.TryAdd(state.Broken, true);
        foreach (var (kind, stuck) in Deadlocks.Circles(state.Freezes))
            others.TryAdd($"{new FindingKey(Deadlocks.RuleOf(stuck).Name, kind, Deadlocks.Place(stuck))}", true);
        return grade;
    }
}
