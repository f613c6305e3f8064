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

    /// <summary>Thirty million states.</summary>
    public const int OperationsOfTheTable = 9;

    /// <summary>Of the search by partial order, whose rate is no bar.</summary>
    private const int ReducedMax = 7;

    /// <param name="operations">Operations of any path: ten make more than fifty million states, and take minutes.</param>
    public static void Print(int operations)
    {
        using var design = new SimulatedTarget("blocking");
        var space = SimulatedSpace.Of("blocking", ExplorationMenu.For(design.Kinds));
        // Compiled code, as in a search that lasts.
        space.Accept(new Searching(4, reduces: true));
        space.Accept(new Searching(TimedFrom, reduces: false));
        Console.WriteLine($"\nsim/blocking, every schedule of {operations} operations, and the empty step of as many states; processor time of one core");
        Console.WriteLine("search               states       transitions    seconds  new states/s  bar      of empty  bar   transitions/s  bytes/state  bar  resident");
        space.Accept(new Searching(operations, reduces: false));
        space.Accept(new Searching(Math.Min(operations, ReducedMax), reduces: true));
    }

    private sealed class Searching(int operations, bool reduces) : IMachineVisitor<bool>
    {
        private readonly ExplorationBounds bounds = new()
        {
            OperationsMax = operations, WantsPaths = false, ReducesOrder = reduces, MemoryMax = 16L << 30,
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
                return EmptyStep.Rate<TState>(found.States) > 0;
            // The highest of the process's life: of the first search.
            var resident = reduces ? "" : $"{(double)process.PeakWorkingSet64 / found.States:f1}";
            var empty = EmptyStep.Rate<TState>(found.States);
            Row(reduces ? "by partial order" : "unreduced by order", found, seconds, empty, resident);
            Console.WriteLine($"empty, {Unsafe.SizeOf<TState>()} bytes    {found.States,-12} {"",14} {found.States / empty,7:f2}  {empty,12:n0}");
            return true;
        }

        private static void Row(string search, Exploration found, double seconds, double empty, string resident) => Console.WriteLine(
            $"{search,-20} {found.States,-12} {found.Transitions,-14} {seconds,7:f2}  {found.States / seconds,12:n0}  {RateBar,-7}  " +
            $"{found.States / seconds / empty,8:f2}  {EmptyShareBar}   {found.Transitions / seconds,13:n0}  " +
            $"{(double)found.PeakBytes / found.States,11:f1}  {BytesBar}   {resident,8}{(found.Bound is null ? "" : $"  ended by {found.Bound}")}");
    }
}
