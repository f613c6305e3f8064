using System.Globalization;
using FsCheck.Xunit;

namespace VfioFuzz.Testing;

/// <summary>
/// A property over the project's values. VFIOFUZZ_SEED (default 1) chooses the sequence of tests; VFIOFUZZ_TESTS
/// (default 100) is how many a property of ordinary cost runs, others run in proportion.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class VfioPropertyAttribute : PropertyAttribute
{
    private const ulong DefaultSeed = 1;
    private const ulong OrdinaryTests = 100;

    /// <param name="tests">How many tests to run when VFIOFUZZ_TESTS does not say; fewer for dear properties.</param>
    public VfioPropertyAttribute(int tests = (int)OrdinaryTests)
    {
        Tests = tests;
        var seed = Number("VFIOFUZZ_SEED", DefaultSeed);
        MaxTest = (int)Math.Clamp((ulong)tests * Number("VFIOFUZZ_TESTS", OrdinaryTests) / OrdinaryTests, 1, int.MaxValue);
        // FsCheck's generator wants a seed and an odd gamma; without a size it starts the whole sequence there.
        Replay = string.Create(CultureInfo.InvariantCulture, $"{seed},{2 * seed + 1}");
        Arbitrary = [typeof(Arbitraries)];
        QuietOnSuccess = true;
    }

    public int Tests { get; }

    private static ulong Number(string variable, ulong otherwise) =>
        Environment.GetEnvironmentVariable(variable) switch
        {
            null or "" => otherwise,
            var text when ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
            var text => throw new ArgumentException($"{variable} is '{text}', not a number"),
        };
}
