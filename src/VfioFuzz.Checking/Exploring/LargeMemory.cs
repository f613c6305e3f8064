using System.Runtime.InteropServices;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// Memory for tables that are looked at without order. Much of it is asked for in the large pages of the system, where it has them: with small
/// ones most looks wait twice, for the place of the page and for what is on it.
/// </summary>
internal static unsafe partial class LargeMemory
{
    /// <summary>From so many bytes on memory has large pages.</summary>
    public const nuint PageBytes = 2 << 20;

    private const nuint LineBytes = 64;
    private const int AdviceHugePage = 14;

    /// <summary>Memory in whole lines, with anything in it.</summary>
    public static void* Alloc(nuint bytes)
    {
        if (bytes < PageBytes)
            return NativeMemory.AlignedAlloc(bytes, LineBytes);
        var memory = NativeMemory.AlignedAlloc(bytes, PageBytes);
        // A system that refuses is merely slower.
        if (OperatingSystem.IsLinux())
            _ = Advise(memory, bytes / PageBytes * PageBytes, AdviceHugePage);
        return memory;
    }

    public static void* AllocZeroed(nuint bytes)
    {
        var memory = Alloc(bytes);
        NativeMemory.Clear(memory, bytes);
        return memory;
    }

    public static void Free(void* memory) => NativeMemory.AlignedFree(memory);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Advise(void* memory, nuint bytes, int advice);
}
