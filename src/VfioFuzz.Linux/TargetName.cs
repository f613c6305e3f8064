using VfioFuzz.Linux.Machines;

namespace VfioFuzz.Linux;

/// <summary>
/// A real kernel with the machine it runs in, as targets are named: <c>linux/KERNEL</c>, or
/// <c>linux/KERNEL+IOMMU</c> for another IOMMU than Intel's.
/// </summary>
public readonly record struct TargetName(string Kernel, EmulatedIommu Iommu)
{
    public const string Prefix = "linux/";

    private const char Plus = '+';

    /// <summary>The name without its kernel checked, or null when it is no real kernel's.</summary>
    public static TargetName? Parse(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
            return null;
        var kernel = name[Prefix.Length..];
        // Releases have a plus of their own (6.12.117+deb12): only what names an IOMMU is one.
        foreach (var iommu in EmulatedIommu.All)
            if (kernel.EndsWith(Plus + iommu.Name, StringComparison.Ordinal))
                return new TargetName(kernel[..^(iommu.Name.Length + 1)], iommu);
        return new TargetName(kernel, EmulatedIommu.Intel);
    }

    public override string ToString() =>
        Iommu == EmulatedIommu.Intel ? Prefix + Kernel : $"{Prefix}{Kernel}{Plus}{Iommu.Name}";
}
