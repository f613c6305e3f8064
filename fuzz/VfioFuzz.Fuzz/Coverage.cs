using System.Numerics;
using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace VfioFuzz.Fuzz;

/// <summary>
/// Reads the coverage map of the instrumented libraries after a run: one feature for each edge and the power-of-two bucket of its hits, as AFL counts
/// them.
/// </summary>
internal sealed unsafe class Coverage
{
    private const int MapSize = 1 << 16;
    private const int Buckets = 8;

    /// <summary>Features are below this.</summary>
    public const int FeaturesMax = MapSize * Buckets;

    /// <summary>The map that instrumented code writes to now.</summary>
    public static Span<byte> Map => new(Trace.SharedMem, MapSize);

    /// <summary>Forgets the hits so far.</summary>
    public static void Clear()
    {
        new Span<byte>(Trace.SharedMem, MapSize).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Adds the feature of every edge hit since <see cref="Clear"/>, in the order of the map.</summary>
    public static void Collect(List<int> features)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(new ReadOnlySpan<byte>(Trace.SharedMem, MapSize));
        for (var word = 0; word < words.Length; word++)
        {
            if (words[word] == 0)
                continue;
            for (var i = word * sizeof(ulong); i < (word + 1) * sizeof(ulong); i++)
            {
                if (Trace.SharedMem[i] is var hits and not 0)
                    features.Add(i * Buckets + BitOperations.Log2(hits));
            }
        }
    }
}
