using System.Diagnostics;
using System.Runtime.CompilerServices;
using VfioFuzz.Campaigns.Exploring;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;
using VfioFuzz.Simulation;
using VfioFuzz.Simulation.Exploring;

namespace VfioFuzz.Exploring.Benchmark;

/// <summary>The full blocking design with the standard menu, beside the empty step of its state size; one core, processor time.</summary>
internal static class FullDesign
{
    private const double RateBar = 700_000, EmptyShareBar = 0.5, BytesBar = 24;

    /// <summary>Operations of the shortest search whose figures are printed.</summary>
    private const int TimedFrom = 5;

    /// <summary>The bar is for fifty million states in one run: these are more than a hundred, nearly all of them gone on from.</summary>
    public const int OperationsOfTheTable = 9;

    /// <summary>The memory of searches for which none is asked. A search that ends early stores many states that it never went on from.</summary>
    public const long MebibytesMax = 16 << 10;

    /// <summary>Of the search by partial order, whose rate is no bar.</summary>
    private const int ReducedMax = 7;

    /// <param name="operations">Operations of any path: eight make thirty million states, nine more than a hundred million.</param>
    /// <param name="mebibytes">States and frontier together: a search ends when it has so many, and says so.</param>
    public static void Print(int operations, long mebibytes)
    {
        using var design = new SimulatedTarget("blocking");
        var space = SimulatedSpace.Of("blocking", ExplorationMenu.For(design.Kinds));
        // Compiled code, as in a search that lasts.
        space.Accept(new Searching(4, reduces: true, mebibytes));
        space.Accept(new Searching(TimedFrom, reduces: false, mebibytes));
        Console.WriteLine($"\nsim/blocking, every schedule of {operations} operations within {mebibytes} MiB, and the empty step of as many states; processor time of one core");
        Console.WriteLine("search               stored       gone on from transitions    seconds  new states/s  bar      transitions/s  bytes/stored state  bar  resident");
        space.Accept(new Searching(operations, reduces: false, mebibytes));
        space.Accept(new Searching(Math.Min(operations, ReducedMax), reduces: true, mebibytes));
    }

    private sealed class Searching(int operations, bool reduces, long mebibytes) : IMachineVisitor<bool>
    {
        private readonly ExplorationBounds bounds = new()
        {
            OperationsMax = operations, WantsPaths = false, ReducesOrder = reduces, MemoryMax = mebibytes << 20,
        };

        public bool Visit<TMachine, TState>(Func<TMachine> make)
            where TMachine : struct, IMachine<TState>
            where TState : unmanaged
        {
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            var found = Explorer.Explore<TMachine, TState>(make, bounds, LoneCrew.Instance);
            process.Refresh();
            var seconds = (process.TotalProcessorTime - before).TotalSeconds;
            if (operations < TimedFrom || (operations == TimedFrom && !reduces))
                return EmptyStep.Rate<TState>(found.Stored) > 0;
            // The highest of the process's life: of the first search.
            var resident = reduces ? "" : $"{(double)process.PeakWorkingSet64 / found.Stored:f1}";
            Row(reduces ? "by partial order" : "unreduced by order", found, seconds, resident);
            var empty = EmptyStep.Rate<TState>(found.Stored);
            Console.WriteLine(
                $"empty, {Unsafe.SizeOf<TState>()} bytes    {found.Stored,-12} {"",12} {"",14} {found.Stored / empty,7:f2}  {empty,12:n0}  " +
                $"the search has {found.Stored / seconds / empty:f2} of this rate, bar {EmptyShareBar}");
            return true;
        }

        private static void Row(string search, Exploration found, double seconds, string resident) => Console.WriteLine(
            $"{search,-20} {found.Stored,-12} {found.States,-12} {found.Transitions,-14} {seconds,7:f2}  {found.Stored / seconds,12:n0}  {RateBar,-7}  " +
            $"{found.Transitions / seconds,13:n0}  {(double)found.PeakBytes / found.Stored,18:f1}  {BytesBar}   {resident,8}" +
            $"{(found.Bound is null ? "" : $"  ended by {found.Bound}")}");
    }
}
