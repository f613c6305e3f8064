using System.Globalization;

namespace VfioFuzz.Linux.Tools;

/// <summary>What the steps do with files and folders beyond the library.</summary>
internal static class Files
{
    /// <summary>errno ENOSPC as .NET carries it in <see cref="Exception.HResult"/> on Linux.</summary>
    private const int NoSpace = 28;

    private const long Mebibyte = 1 << 20;

    public static void Remove(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }

    /// <summary>Makes a folder look used now; one that is gone or another user's is left alone.</summary>
    public static void Touch(string folder)
    {
        try
        {
            Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            // Whoever reads the files finds out; their age only keeps them from being removed.
        }
    }

    /// <summary>Copies a folder's files (symbolic links as links).</summary>
    public static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            var target = Path.Combine(to, entry.Name);
            if (entry.LinkTarget is { } link)
                File.CreateSymbolicLink(target, link);
            else if (entry is DirectoryInfo)
                CopyFolder(entry.FullName, target);
            else
                File.Copy(entry.FullName, target);
        }
    }

    /// <summary>
    /// Fails before anything is started when <paramref name="folder"/>'s disk has less than that many bytes left.
    /// </summary>
    public static void DemandRoom(string folder, long bytes)
    {
        Directory.CreateDirectory(folder);
        var free = new DriveInfo(folder).AvailableFreeSpace;
        if (free < bytes)
            throw new KernelUnavailableException(string.Create(CultureInfo.InvariantCulture,
                $"{folder} needs {bytes / Mebibyte} MiB, its disk has {free / Mebibyte} MiB left: ")
                + "make room, or set VFIOFUZZ_CACHE to a folder on another disk");
    }

    public static bool HasRoom(string folder) => new DriveInfo(folder).AvailableFreeSpace > 0;

    public static bool IsFullDisk(Exception exception) =>
        exception is IOException && (exception.HResult & 0xffff) == NoSpace;
}
