using VfioFuzz.Linux.Tools;

namespace VfioFuzz.Linux.Tests;

/// <summary>
/// A test that needs a prepared kernel 6.1 and QEMU. Without them it is listed as skipped with the reason; with
/// VFIOFUZZ_REQUIRE=1 it runs all the same and fails with the same message.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class KernelFactAttribute : FactAttribute
{
    public const string Kernel = "6.1";

    public KernelFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("VFIOFUZZ_REQUIRE") != "1")
            Skip = Reason;
    }

    private static string? Reason =>
        Tool.Find("qemu-system-x86_64") is null ? "qemu-system-x86_64 is not installed"
        : new KernelStore().Find(Kernel) is null
            ? $"kernel {Kernel} is not prepared: run `vfiofuzz kernel prepare {Kernel}`"
        : null;
}

/// <summary>A test that needs a C compiler; like <see cref="KernelFactAttribute"/> when there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CompilerFactAttribute : FactAttribute
{
    public CompilerFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("VFIOFUZZ_REQUIRE") != "1" && Tool.Find("gcc") is null)
            Skip = "gcc is not installed";
    }
}
