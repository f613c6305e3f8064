using VfioFuzz.Linux;

namespace VfioFuzz.Cli.Tests;

/// <summary>
/// A test of the command on a real kernel. Without a prepared one it is listed as skipped with the cure, except under VFIOFUZZ_REQUIRE=1
/// (build.sh test), where what is missing is a failure.
/// </summary>
internal sealed class KernelTheoryAttribute : TheoryAttribute
{
    public const string Kernel = "6.1";

    /// <param name="kernels">The kernels it needs; 6.1 when none are named.</param>
    public KernelTheoryAttribute(params string[] kernels)
    {
        if (Environment.GetEnvironmentVariable("VFIOFUZZ_REQUIRE") != "1")
            Skip = Missing(kernels.Length > 0 ? kernels : [Kernel]);
    }

    private static string? Missing(string[] kernels) =>
        !IsOnPath("qemu-system-x86_64") ? "qemu-system-x86_64 is not installed"
        : !IsOnPath("spatch") ? "spatch is not installed: apt-get install coccinelle"
        : Array.Find(kernels, kernel => new KernelStore().Find(kernel) is null) is { } missing
            ? $"kernel {missing} is not prepared: vfiofuzz kernel prepare {missing}"
        : null;

    private static bool IsOnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));
}
