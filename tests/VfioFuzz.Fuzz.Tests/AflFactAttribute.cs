namespace VfioFuzz.Fuzz.Tests;

/// <summary>
/// A test that needs afl-fuzz and the instrumented build. Where they are missing it is listed as skipped with the cure, except under
/// VFIOFUZZ_REQUIRE=1 (build.sh test), where what is missing is a failure.
/// </summary>
internal sealed class AflFactAttribute : FactAttribute
{
    public AflFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("VFIOFUZZ_REQUIRE") != "1" && Campaign.Missing is { } missing)
            Skip = missing;
    }
}

/// <summary><see cref="AflFactAttribute"/> for a test of several cases.</summary>
internal sealed class AflTheoryAttribute : TheoryAttribute
{
    public AflTheoryAttribute()
    {
        if (Environment.GetEnvironmentVariable("VFIOFUZZ_REQUIRE") != "1" && Campaign.Missing is { } missing)
            Skip = missing;
    }
}
