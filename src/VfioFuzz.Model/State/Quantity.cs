using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>Small facts about amounts that several rules need.</summary>
internal static class Quantity
{
    /// <summary>RLIM_INFINITY in pages: the kernel compares <c>limit >> PAGE_SHIFT</c> (type1-semantics 11).</summary>
    public const ulong Unlimited = ulong.MaxValue / Limits.PageSize;

    public static ulong LimitInPages(ulong pages) => Math.Min(pages, Unlimited);

    /// <summary>The window page at <paramref name="address"/>, or -1: nothing else is mapped where programs can name it.</summary>
    public static int WindowPageAt(ulong address) =>
        address - Limits.WindowBase < Limits.WindowEnd - Limits.WindowBase
            ? (int)((address - Limits.WindowBase) / Limits.PageSize)
            : -1;
}
