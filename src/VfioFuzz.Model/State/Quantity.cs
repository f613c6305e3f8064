using VfioFuzz.Programs;

namespace VfioFuzz.Model.State;

/// <summary>Small facts about amounts that several rules need.</summary>
internal static class Quantity
{
    /// <summary>RLIM_INFINITY in pages: the kernel compares <c>limit >> PAGE_SHIFT</c> (type1-semantics 11).</summary>
    public const ulong Unlimited = ulong.MaxValue / Limits.PageSize;

    /// <summary>What a search answers that finds nothing: any number below 0.</summary>
    public const int NoIndex = -1;

    public static ulong LimitInPages(ulong pages) => Math.Min(pages, Unlimited);

    /// <summary>The page of the huge page at <paramref name="address"/>, or -1.</summary>
    public static int HugePageAt(ulong address) =>
        address - Limits.HugeBase < Limits.HugeEnd - Limits.HugeBase ? (int)((address - Limits.HugeBase) / Limits.PageSize) : NoIndex;

    /// <summary>The window page at <paramref name="address"/>, or -1.</summary>
    public static int WindowPageAt(ulong address) =>
        address - Limits.WindowBase < Limits.WindowEnd - Limits.WindowBase
            ? (int)((address - Limits.WindowBase) / Limits.PageSize)
            : NoIndex;
}
