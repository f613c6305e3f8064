using VfioFuzz.Linux;

namespace VfioFuzz.Cli.Tests;

/// <summary>
/// A test of the command on a real kernel. Without a prepared one it is listed as skipped with the cure, except under VFIOFUZZ_REQUIRE=1
/// (build.sh test), where what is missing is a failure.
/// </summary>
internal sealed class KernelTheoryAttribute : TheoryAttribute
{
    public const string Kernel = "6.1";

    public KernelTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable("VFIOFUZZ_REQUIRE") != "1")
            Skip = Missing;
    }

    private static string? Missing =>
        !IsOnPath("qemu-system-x86_64") ? "qemu-system-x86_64 is not installed"
        : !IsOnPath("spatch") ? "spatch is not installed: apt-get install coccinelle"
        : new KernelStore().Find(Kernel) is null ? $"kernel {Kernel} is not prepared: vfiofuzz kernel prepare {Kernel}"
        : null;

    private static bool IsOnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, tool)));
}
