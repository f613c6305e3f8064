using System.IO.MemoryMappedFiles;

namespace VfioFuzz.Linux.Channels;

/// <summary>A file mapped into this process and, by QEMU, into the guest's ivshmem device.</summary>
internal sealed unsafe class SharedMemory : IDisposable
{
    private readonly MemoryMappedFile file;
    private readonly MemoryMappedViewAccessor view;

    public SharedMemory(string path)
    {
        Path = path;
        using (var stream = new FileStream(path, FileMode.Create, FileAccess.ReadWrite))
            stream.SetLength(Wire.MemorySize);
        file = MemoryMappedFile.CreateFromFile(path, FileMode.Open);
        view = file.CreateViewAccessor(0, Wire.MemorySize);
        byte* address = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref address);
        Address = address;
    }

    public string Path { get; }

    /// <summary>Where the header lies; valid until disposal.</summary>
    public byte* Address { get; private set; }

    public void Dispose()
    {
        if (Address is null)
            return;
        Address = null;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        file.Dispose();
        File.Delete(Path);
    }
}
