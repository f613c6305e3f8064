using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Designs;

/// <summary>Designs that are wrong on purpose: each is caught by a state rule or by who is stuck, and a test says within how many programs.</summary>
internal readonly struct ForgetsWakeOnUnmap : IDesign
{
    public static string Name => "ForgetsWakeOnUnmap";

    public static DialectName Dialect => DialectName.Blk3;

    public static bool FindsLastPage => true;

    public static bool WakesOnUnmap => false;
}

/// <summary>A MAP that fails half-way forgets the pages it had pinned.</summary>
internal readonly struct LeaksPinOnFailedMap : IDesign
{
    public static string Name => "LeaksPinOnFailedMap";

    public static DialectName Dialect => DialectName.Blk3;

    public static bool FindsLastPage => true;

    public static bool UnpinsFailedMap => false;
}

/// <summary>Pages go back before the IOMMU forgets them.</summary>
internal readonly struct UnpinBeforeInvalidate : IDesign
{
    public static string Name => "UnpinBeforeInvalidate";

    public static DialectName Dialect => DialectName.Blk3;

    public static bool FindsLastPage => true;

    public static bool InvalidatesBeforeUnpin => false;
}

/// <summary>Removes the wait and nothing else: pins and copies go through vaddrs that are invalid.</summary>
internal readonly struct UsesInvalidVaddr : IDesign
{
    public static string Name => "UsesInvalidVaddr";

    public static DialectName Dialect => DialectName.Blk3;

    public static bool FindsLastPage => true;

    public static bool WaitsForVaddr => false;
}
