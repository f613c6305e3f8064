using VfioFuzz.Programs;

namespace VfioFuzz.Simulation.Hardware;

/// <summary>
/// The two shared files of the world, the memfd s0 and the file f0, seen as files: a page of them is a frame of its own, mapped or not. Only f0 can
/// be cut.
/// </summary>
internal partial struct HardwareState
{
    /// <summary>The shared file that the whole range is mapped from; null: it is not one file's.</summary>
    public readonly MemoryKind? FileAt(int process, ulong vaddr, ulong size)
    {
        MemoryKind? found = null;
        for (ulong offset = 0; offset < size; offset += Limits.PageSize)
        {
            if (!Find(process, vaddr + offset, out var at))
                return null;
            var kind = KindOf(tables[at]);
            if (kind is not (MemoryKind.Shared or MemoryKind.File) || kind != (found ?? kind))
                return null;
            found = kind;
        }
        return found;
    }

    /// <summary>
    /// Pins a page of a file, given where it would lie in a window; false: there is no such page (EFAULT).
    /// <paramref name="evenPastEnd"/> finds what was cut off.
    /// </summary>
    public bool PinFile(MemoryKind file, ulong address, bool evenPastEnd, out byte frame)
    {
        frame = 0;
        if (!TryFilePage(file, address, evenPastEnd, out var found))
            return false;
        frame = (byte)found;
        pins[found]++;
        PinsTaken++;
        return true;
    }

    /// <summary>Whether the file has the page.</summary>
    public readonly bool HasFilePage(MemoryKind file, ulong address) => TryFilePage(file, address, false, out _);

    /// <summary>read(2) at the page's start; false: there is no such page.</summary>
    public readonly bool ReadFile(MemoryKind file, ulong address, out byte tag)
    {
        var has = TryFilePage(file, address, false, out var frame);
        tag = has ? tags[frame] : (byte)0;
        return has;
    }

    /// <summary>write(2) at the page's start, of a page that is there.</summary>
    public void WriteFile(MemoryKind file, ulong address, byte tag)
    {
        if (TryFilePage(file, address, false, out var frame))
            tags[frame] = tag;
    }

    /// <summary>The number of pages that f0 has.</summary>
    public void SetFileSize(int pages) => fileCut = (byte)(Limits.WindowPages - pages);

    /// <summary>
    /// f0 loses a page: whoever has it pinned keeps it, under another number, and the file's own is empty. The numbers of both; equal when
    /// nobody keeps it.
    /// </summary>
    public (byte File, byte Left) ReplaceFilePage(int page)
    {
        var file = FileFrames + page;
        if (pins[file] == 0)
        {
            tags[file] = 0;
            return ((byte)file, (byte)file);
        }
        var left = PrivateFrames;
        while (left < FramesMax && pins[left] != 0)
            left++;
        if (left == FramesMax)
        {
            OutOfCapacity = true;
            return ((byte)file, (byte)file);
        }
        (tags[left], pins[left], translated[left], owners[left]) = (tags[file], pins[file], translated[file], NoOwner);
        (tags[file], pins[file], translated[file]) = (0, 0, 0);
        for (var slot = 0; slot < TranslationsMax; slot++)
        {
            ref var run = ref RunOf(slot);
            for (var i = 0; i < run.Pages; i++)
            {
                if (run.Frames[i] == file)
                    run.Frames[i] = (byte)left;
            }
        }
        return ((byte)file, (byte)left);
    }

    private readonly bool TryFilePage(MemoryKind file, ulong address, bool evenPastEnd, out int frame)
    {
        frame = 0;
        if (address - Limits.WindowBase >= Limits.WindowEnd - Limits.WindowBase)
            return false;
        var page = (int)((address - Limits.WindowBase) / Limits.PageSize);
        frame = (file == MemoryKind.Shared ? SharedFrames : FileFrames) + page;
        return file == MemoryKind.Shared || evenPastEnd || IsInFile(page);
    }

    private readonly bool IsInFile(int page) => page < Limits.WindowPages - fileCut;
}
