using System.Globalization;

namespace VfioFuzz.Exploring.Benchmark;

/// <summary>Parameters of the toy, as the macros of <c>vfio_wait_tight.pml</c>.</summary>
internal readonly record struct Size(int Mappings, int Operations, bool CloseNotify)
{
    /// <summary>NM,K,CLOSE_NOTIFY.</summary>
    public static Size Parse(string text) => text.Split(',') is [var mappings, var operations, var notify]
        ? new Size(Number(mappings), Number(operations), notify == "1")
        : throw new ArgumentException($"'{text}' is not NM,K,CLOSE_NOTIFY");

    public override string ToString() => $"{Mappings} {Operations} {(CloseNotify ? 1 : 0)}";

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
