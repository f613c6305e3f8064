using SharpFuzz.Common;

namespace VfioFuzz.Fuzz;

/// <summary>The coverage map that instrumented code writes to, as afl-fuzz sees it.</summary>
internal static unsafe class Coverage
{
    public static Span<byte> Map => new(Trace.SharedMem, CoverageMap.Size);
}
