using System.Diagnostics;
using System.Globalization;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Exploring.Benchmark;
using VfioFuzz.Testing;

// The full blocking design beside the empty step, then the explorer against SPIN on the same machine, one after the other, one core each.
// Arguments: full:K for the design at K operations alone, full:K:MIB for as much of it as so many mebibytes hold; sizes NM,K,CLOSE_NOTIFY of the toy; the default ones are those of the project's
// speed table. Ends with 1 when the counts differ, 4 when SPIN cannot run.
const double UnreducedBar = 2, SymmetricBar = 10;
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is [] or [['f', 'u', 'l', 'l', ':', ..]])
{
    if (args.Length == 0)
        FullDesign.Print(FullDesign.OperationsOfTheTable, FullDesign.MebibytesMax);
    else if (args[0].Split(':') is [_, var operations, .. var memory])
        FullDesign.Print(Number(operations), memory is [var mebibytes] ? Number(mebibytes) : FullDesign.MebibytesMax);
}
if (args.Length > 0 && args[0].StartsWith("full:", StringComparison.Ordinal))
    return 0;
Size[] sizes = args.Length == 0 ? [new(4, 12, false), new(4, 52, false)] : [.. args.Select(Size.Parse)];
if (Spin.Missing() is { } missing)
{
    Console.Error.WriteLine($"skipped: {missing}");
    return 4;
}
// Compiled code, as in a search that lasts.
for (var warm = 0; warm < 3; warm++)
{
    Explored(new Size(3, 9, false), symmetric: false);
    Explored(new Size(4, 9, false), symmetric: true);
}
var equal = true;
Console.WriteLine("size     search     states       of all       deadlocks  seconds  times SPIN  bar  bytes/state");
foreach (var size in sizes)
{
    var spin = Spin.Run(size);
    Row(size, "SPIN", spin.States, spin.States, spin.Deadlocks, spin.Seconds, "", "");
    foreach (var symmetric in (bool[])[false, true])
    {
        var (found, seconds) = Explored(size, symmetric);
        var deadlocks = found.Findings.IsEmpty ? 0 : (long)found.Findings[0].States;
        equal &= found.Weight == (ulong)spin.States && deadlocks == spin.Deadlocks && found.Bound is null;
        Row(size, symmetric ? "symmetric" : "unreduced", found.States, (long)found.Weight, deadlocks, seconds,
            $"{spin.Seconds / seconds,10:f1}  {(symmetric ? SymmetricBar : UnreducedBar),3}", $"{(double)found.PeakBytes / found.States:f1}");
    }
}
Console.WriteLine(equal ? "all counts are SPIN's" : "COUNTS DIFFER");
return equal ? 0 : 1;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static (Exploration Found, double Seconds) Explored(Size size, bool symmetric)
{
    var bounds = new ExplorationBounds { WantsPaths = false, MemoryMax = 8L << 30 };
    var watch = Stopwatch.StartNew();
    var found = Explorer.Explore<VaddrWaitMachine, VaddrWaitState>(
        () => new VaddrWaitMachine(size.Mappings, size.Operations, size.CloseNotify, symmetric), bounds, LoneCrew.Instance);
    return (found, watch.Elapsed.TotalSeconds);
}

static void Row(Size size, string search, long states, long all, long deadlocks, double seconds, string times, string bytes) =>
    Console.WriteLine($"{size,-8} {search,-10} {states,-12} {all,-12} {deadlocks,-10} {seconds,7:f2}  {times}  {bytes}");
