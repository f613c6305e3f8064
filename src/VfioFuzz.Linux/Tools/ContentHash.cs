using System.Security.Cryptography;
using System.Text;

namespace VfioFuzz.Linux.Tools;

/// <summary>SHA-256 in hex over what a step depends on.</summary>
internal static class ContentHash
{
    public static string OfText(string text) => OfBytes(Encoding.UTF8.GetBytes(text));

    public static string OfBytes(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string OfFile(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Names and contents of all files below a folder, in the order of their names.</summary>
    public static string OfFolder(string folder)
    {
        var lines = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(folder, path))
            .Order(StringComparer.Ordinal)
            .Select(path => $"{OfFile(Path.Combine(folder, path))} {path}");
        return OfText(string.Join('\n', lines));
    }
}
