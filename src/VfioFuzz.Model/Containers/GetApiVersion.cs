using VfioFuzz.Programs;

namespace VfioFuzz.Model.Containers;

/// <summary>VFIO_GET_API_VERSION (type1-semantics 1.1): no argument, no lock, no failure, before SET_IOMMU as after.</summary>
internal static class GetApiVersion
{
    /// <summary>VFIO_API_VERSION, since v3.6.</summary>
    private const ulong Version = 0;

    public static Outcome Run() => Outcome.Ok(RuleId.GetApiVersion, Version);
}
