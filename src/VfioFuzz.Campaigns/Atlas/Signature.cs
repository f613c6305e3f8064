using System.Collections.Immutable;
using System.Globalization;
using VfioFuzz.Checking;
using VfioFuzz.Programs;

namespace VfioFuzz.Campaigns.Atlas;

/// <summary>
/// What makes a stuck machine a case of a row: which task is doing what at which place of the kernel, and in which grade. Text:
/// <c>deadlock: close @ close_device: stop worker + submit pin @ vfio_iommu_type1_pin_pages: vfio_wait</c>. <c>blocks</c> in place of
/// <c>deadlock</c> is content with a wait, whatever of it a kill ends; behind either, <c>!</c> asks that no help is left, <c>pins</c> that
/// pins outlive all processes, <c>dead-p0</c> that p0 has died, <c>alive-p1</c> that p1 lives. A part may begin with its task, <c>p1:</c>
/// or <c>p1.t0:</c>; what it does may be <c>*</c>. <c>leaks: p0</c> are pins that are held though p0 is dead and nobody waits.
/// <c>broken: WORDS</c> is a broken rule whose evidence begins so; <c>answers: 12=ENODEV</c> are the answers of lines, counted from 1.
/// </summary>
public sealed class Signature
{
    private readonly ImmutableArray<Part> parts;
    private readonly string broken;
    private readonly bool needsKill;
    private readonly bool needsHelpless;
    private readonly bool needsPins;
    private readonly int needsDead;
    private readonly int needsAlive;
    private readonly bool leaks;

    private Signature(string text, string kind, string body)
    {
        Text = text;
        var words = kind.Split(' ');
        needsKill = words[0].StartsWith("deadlock", StringComparison.Ordinal);
        needsHelpless = words[0].EndsWith('!');
        needsPins = words.Contains("pins");
        leaks = words[0] == "leaks";
        needsDead = leaks ? ProcessOf(body) : Processes(words, "dead-");
        needsAlive = Processes(words, "alive-");
        broken = words[0] == "broken" ? body : "";
        Watched = words[0] == "answers" ? [.. Answers(body)] : [];
        parts = IsStuck ? [.. body.Split(" + ").Select(Part.Parse)] : [];
    }

    public string Text { get; }

    /// <summary>Lines that must answer so; empty unless the row is about answers.</summary>
    public ImmutableArray<WatchedAnswer> Watched { get; }

    /// <summary>Whether the row is about tasks that are stuck.</summary>
    public bool IsStuck => broken.Length == 0 && Watched.IsEmpty && !leaks;

    /// <exception cref="FormatException">It is no signature.</exception>
    public static Signature Parse(string text)
    {
        var colon = text.IndexOf(": ", StringComparison.Ordinal);
        var kind = colon < 0 ? text : text[..colon];
        if (colon < 0 || kind.TrimEnd('!').Split(' ', '!')[0] is not ("deadlock" or "blocks" or "broken" or "leaks" or "answers"))
            throw new FormatException($"'{text}' does not begin with deadlock:, blocks:, broken:, leaks: or answers:");
        return new Signature(text, kind, text[(colon + 2)..]);
    }

    /// <summary>How badly the row shows in a state.</summary>
    public ShownGrade Of(QuietState state)
    {
        if (broken.Length > 0)
            return state.Broken.StartsWith(broken, StringComparison.Ordinal) ? ShownGrade.Broken : ShownGrade.Never;
        if (!Watched.IsEmpty)
            return state.Watched == (1 << Watched.Length) - 1 ? ShownGrade.Answers : ShownGrade.Never;
        if ((state.Dead & needsDead) != needsDead || (state.Alive & needsAlive) != needsAlive)
            return ShownGrade.Never;
        if (leaks)
            return state.Freezes.IsEmpty && state.Pins > 0 ? ShownGrade.Answers : ShownGrade.Never;
        if (state.Freezes.IsEmpty || (needsPins && state.PinsLeft == 0))
            return ShownGrade.Never;
        var isHelpless = Match(Of(state, FreezeMode.Help)) is not null;
        if (needsHelpless && !isHelpless)
            return ShownGrade.Never;
        var circles = Deadlocks.Circles(state.Freezes);
        var waiting = Match(Of(state, FreezeMode.Idle));
        var survivesKill = needsKill
            ? circles.Any(circle => Match(circle.Stuck) is not null)
            : waiting is not null && circles.Any(circle => circle.Stuck.Any(task => waiting.Contains(task.Task)));
        if (survivesKill)
            return isHelpless ? ShownGrade.DeadlockBeyondHelp : ShownGrade.Deadlock;
        if (needsKill || waiting is null)
            return ShownGrade.Never;
        return isHelpless ? ShownGrade.BlocksBeyondHelp : ShownGrade.Blocks;
    }

    /// <summary>
    /// Whether a finding of the explorer, as it words it (<c>deadlock/kill-one (close @ ... + ...)</c>, <c>kernel-bug (...)</c>), can be a
    /// case of this row: who the tasks are, and whether help was left, it does not say.
    /// </summary>
    public bool Fits(string finding)
    {
        if (broken.Length > 0)
            return finding.StartsWith(broken, StringComparison.Ordinal);
        var open = finding.IndexOf(" (", StringComparison.Ordinal);
        if (!IsStuck || open < 0 || (!needsKill && parts.Length == 1) || !finding.StartsWith("deadlock", StringComparison.Ordinal))
            return false;
        var stuck = finding[(open + 2)..^1].Split(" + ");
        return parts.All(part => Array.Exists(stuck, part.Fits));
    }

    /// <summary>Whether a finding's circle has these parts; one alone must be the whole circle, <c>*</c> stands for any further one.</summary>
    public static bool Fits(string finding, string parts)
    {
        var open = finding.IndexOf(" (", StringComparison.Ordinal);
        if (open < 0)
            return false;
        var stuck = finding[(open + 2)..^1].Split(" + ");
        var wanted = parts.Split(" + ");
        return wanted.All(part => part == "*" || stuck.Contains(part))
            && (wanted.Length == 1 ? stuck.Length == 1 : stuck.Length >= wanted.Length);
    }

    public override string ToString() => Text;

    private static int Processes(string[] words, string mark) => words
        .Where(word => word.StartsWith(mark, StringComparison.Ordinal))
        .Aggregate(0, (all, word) => all | ProcessOf(word[mark.Length..]));

    private static int ProcessOf(string process) => process is ['p', >= '0' and <= '3' and var number]
        ? 1 << (number - '0')
        : throw new FormatException($"'{process}' is no process");

    private static ImmutableArray<StuckTask> Of(QuietState state, FreezeMode mode) =>
        state.Freezes.First(outcome => outcome.Mode == mode).Stuck;

    /// <summary>The tasks that are the parts, or null when one is missing.</summary>
    private HashSet<TaskId>? Match(ImmutableArray<StuckTask> stuck)
    {
        var taken = new HashSet<TaskId>();
        foreach (var part in parts)
        {
            if (stuck.FirstOrDefault(task => !taken.Contains(task.Task) && part.Fits(task)) is not { } found)
                return null;
            taken.Add(found.Task);
        }
        return taken;
    }

    private static IEnumerable<WatchedAnswer> Answers(string body) => body.Split(", ").Select(item =>
    {
        var equals = item.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && int.TryParse(item[..equals], NumberStyles.None, CultureInfo.InvariantCulture, out var line) && line > 0
            ? new WatchedAnswer(line - 1, item[(equals + 1)..])
            : throw new FormatException($"'{item}' does not say LINE=ANSWER");
    });

    /// <summary>One task of the circle.</summary>
    private readonly record struct Part(string Task, string Doing, string Place)
    {
        public static Part Parse(string text)
        {
            var at = text.IndexOf(" @ ", StringComparison.Ordinal);
            if (at < 0)
                throw new FormatException($"'{text}' does not say DOING @ PLACE");
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            var hasTask = colon >= 0 && colon < at;
            return new Part(
                hasTask ? text[..colon] : "", text[(hasTask ? colon + 1 : 0)..at], text[(at + 3)..]);
        }

        public bool Fits(StuckTask stuck) =>
            Place == stuck.Place && (Doing == "*" || Doing == stuck.Doing) && IsOf(stuck.Task.ToString());

        public bool Fits(string pair) => Doing == "*"
            ? pair.EndsWith($" @ {Place}", StringComparison.Ordinal)
            : pair == $"{Doing} @ {Place}";

        private bool IsOf(string task) =>
            Task.Length == 0 || task == Task || task.StartsWith($"{Task}.", StringComparison.Ordinal);
    }
}
