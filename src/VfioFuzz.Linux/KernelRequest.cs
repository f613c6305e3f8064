namespace VfioFuzz.Linux;

/// <summary>Which kernel to prepare, from what, and where to keep it.</summary>
/// <param name="Name">
/// <c>6.1</c>, <c>6.12</c>: Debian's newest package of that series. With <paramref name="BuildTree"/>: the name under
/// which the tree is kept and run (<c>linux/NAME</c>).
/// </param>
/// <param name="BuildTree">A built kernel tree to take instead of packages, or null.</param>
/// <param name="CacheFolder">Where prepared kernels are kept; null: <see cref="KernelStore.DefaultFolder"/>.</param>
/// <param name="GuestSource">The sources of the guest executor; null: those shipped beside this assembly.</param>
public sealed record KernelRequest(
    string Name, string? BuildTree = null, string? CacheFolder = null, string? GuestSource = null)
{
    /// <summary>The guest's sources as shipped: a folder <c>guest</c> beside the assembly.</summary>
    public static string ShippedGuestSource => Path.Combine(AppContext.BaseDirectory, "guest");
}
