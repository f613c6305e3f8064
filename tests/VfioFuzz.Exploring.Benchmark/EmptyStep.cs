using System.Diagnostics;
using System.Runtime.InteropServices;
using VfioFuzz.Checking.Exploring;

namespace VfioFuzz.Exploring.Benchmark;

/// <summary>
/// The empty step: a state is copied, another number is put in, and its fingerprint is looked for in a table and not found. What a search costs
/// that keeps fingerprints of states of that size and whose machine does nothing: less is hardly possible for any machine.
/// </summary>
internal static class EmptyStep
{
    /// <summary>Probes that are under way together, as in a search.</summary>
    private const int BatchMax = 64;

    /// <summary>New states a second of processor time, the table growing to so many.</summary>
    public static double Rate<TState>(long states)
        where TState : unmanaged
    {
        using var process = Process.GetCurrentProcess();
        using var table = new FingerprintTable(isShared: false);
        var before = process.TotalProcessorTime;
        var (copies, fingerprints) = (new TState[BatchMax + 1], new Fingerprint[BatchMax]);
        for (long number = 1; number <= states;)
        {
            for (var i = 0; i < BatchMax; i++, number++)
            {
                copies[i + 1] = copies[i];
                MemoryMarshal.Cast<TState, long>(copies.AsSpan(i + 1, 1))[0] = number;
                fingerprints[i] = Fingerprint.Of(MemoryMarshal.AsBytes(copies.AsSpan(i + 1, 1)));
                table.Expect(fingerprints[i]);
            }
            for (var i = 0; i < BatchMax; i++)
                table.Visit(fingerprints[i], [], default);
        }
        process.Refresh();
        return table.Count / (process.TotalProcessorTime - before).TotalSeconds;
    }
}
