using System.Globalization;
using System.Numerics;
using VfioFuzz.Programs;
using VfioFuzz.Simulation.Designs;
using VfioFuzz.Simulation.Kernel;

namespace VfioFuzz.Simulation.Exploring;

/// <summary>
/// A number for what a design does with a setup: the places and effects of many random walks. A certificate that carries another digest is
/// of another design, or of another setup. No proof, as no digest of samples is one; how the code is written does not enter.
/// </summary>
internal static class BehaviourDigest
{
    private const int Walks = 1500;
    private const int StepsMax = 120;

    /// <summary>One choice in so many starts an operation beside what runs.</summary>
    private const uint Overlap = 5;

    public static string Of<TDesign>(ExploredKernel<TDesign> kernel)
        where TDesign : struct, IDesign
    {
        var hash = new Fnv();
        foreach (var operation in kernel.Setup.Prologue.Concat(kernel.Setup.Menu))
            hash.Add(OperationText.Print(operation));
        for (var walk = 0; walk < Walks; walk++)
        {
            kernel.Initial(out _);
            Walk(kernel, new Randomness((ulong)walk + 1), ref hash);
        }
        return hash.Value.ToString("x16", CultureInfo.InvariantCulture);
    }

    private static void Walk<TDesign>(ExploredKernel<TDesign> kernel, Randomness randomness, ref Fnv hash)
        where TDesign : struct, IDesign
    {
        var (machine, menu) = (kernel.Machine, kernel.Setup.Menu);
        for (var step = 0; step < StepsMax && machine.Exhausted is null; step++)
        {
            var runnable = machine.Runnable();
            if (runnable != 0 && randomness.Below(Overlap) != 0)
            {
                var task = Pick(runnable, randomness.Below((uint)BitOperations.PopCount(runnable)));
                machine.Advance(task);
                hash.Add(Place.Describe(machine.State.Tasks[task].Label));
            }
            else if (menu[(int)randomness.Below((uint)menu.Length)] is var operation && kernel.CanStart(in operation))
                machine.Start(operation.Task.Value, kernel.Setup.Prologue.Length + menu.IndexOf(operation));
            hash.Add(machine.Runnable());
            hash.Add((uint)machine.State.Hardware.PinsTaken);
            for (var m = 0; m < MachineState.MappingsMax; m++)
                hash.Add((uint)machine.State.Mappings[m].Flags);
        }
    }

    private static int Pick(uint tasks, uint number)
    {
        for (; number > 0; number--)
            tasks &= tasks - 1;
        return BitOperations.TrailingZeroCount(tasks);
    }

    private struct Fnv()
    {
        public ulong Value { get; private set; } = 14695981039346656037;

        public void Add(uint number) => Value = (Value ^ number) * 1099511628211;

        public void Add(string words)
        {
            foreach (var letter in words)
                Add(letter);
        }
    }
}
