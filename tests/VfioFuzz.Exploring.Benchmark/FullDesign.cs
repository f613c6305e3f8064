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
    private const long EmptyStates = 4_000_000;

    /// <summary>Ten million states; one operation more is beyond 50 million.</summary>
    public const int OperationsOfTheTable = 8;

    /// <param name="operations">Operations of any path; the more, the more states.</param>
    public static void Print(int operations)
    {
        using var design = new SimulatedTarget("blocking");
        var space = SimulatedSpace.Of("blocking", ExplorationMenu.For(design.Kinds));
        space.Accept(new Searching(new ExplorationBounds { OperationsMax = 4, WantsPaths = false }, EmptyStates / 100));
        Console.WriteLine($"\nsim/blocking, every schedule of {operations} operations, and the empty step of its states");
        Console.WriteLine("search               states       transitions    seconds  new states/s  bar      of empty  bar   transitions/s  bytes/state  bar");
        foreach (var reduces in (bool[])[false, true])
        {
            var bounds = new ExplorationBounds
            {
                OperationsMax = operations, WantsPaths = false, ReducesOrder = reduces, MemoryMax = 16L << 30,
            };
            space.Accept(new Searching(bounds, reduces ? 0 : EmptyStates));
        }
    }

    private sealed class Searching(ExplorationBounds bounds, long emptyStates) : IMachineVisitor<double>
    {
        private static double empty;

        public double Visit<TMachine, TState>(Func<TMachine> make)
            where TMachine : struct, IMachine<TState>
            where TState : unmanaged
        {
            if (emptyStates > 0)
            {
                var (nothing, took) = Timed<EmptyMachine<TState>, TState>(
                    () => new EmptyMachine<TState>(emptyStates), new ExplorationBounds { WantsPaths = false, MemoryMax = 16L << 30 });
                empty = nothing.States / took;
                if (emptyStates == EmptyStates)
                    Row($"empty, {Unsafe.SizeOf<TState>()} bytes", nothing, took, 0);
            }
            var (found, seconds) = Timed<TMachine, TState>(make, bounds);
            if (bounds.OperationsMax > 4)
                Row(bounds.ReducesOrder ? "by partial order" : "unreduced by order", found, seconds, empty);
            return found.States / seconds;
        }

        private static (Exploration Found, double Seconds) Timed<TMachine, TState>(Func<TMachine> make, ExplorationBounds bounds)
            where TMachine : struct, IMachine<TState>
            where TState : unmanaged
        {
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            var found = Explorer.Explore<TMachine, TState>(make, bounds, LoneCrew.Instance);
            process.Refresh();
            return (found, (process.TotalProcessorTime - before).TotalSeconds);
        }

        private static void Row(string search, Exploration found, double seconds, double empty) => Console.WriteLine(
            $"{search,-20} {found.States,-12} {found.Transitions,-14} {seconds,7:f2}  {found.States / seconds,12:n0}  {RateBar,-7}  " +
            $"{(empty == 0 ? "" : $"{found.States / seconds / empty:f2}"),8}  {EmptyShareBar}   {found.Transitions / seconds,13:n0}  " +
            $"{(double)found.PeakBytes / found.States,11:f1}  {BytesBar}{(found.Bound is null ? "" : $"  ended by {found.Bound}")}");
    }
}
