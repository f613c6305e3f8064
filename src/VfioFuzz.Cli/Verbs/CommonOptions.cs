using System.CommandLine;

namespace VfioFuzz.Cli.Verbs;

/// <summary>Options that mean the same wherever they stand; each verb has one of its own.</summary>
internal static class CommonOptions
{
    /// <param name="fallback">Programs that are drawn when neither a number nor a time is given.</param>
    public static Option<int?> Programs(int fallback) => new("--programs")
    {
        Description = $"programs to draw (default {fallback} unless --time is given)",
        HelpName = "N",
    };

    public static Option<double?> Time() => new("--time") { Description = "seconds to draw programs for", HelpName = "S" };

    public static Option<ulong> Seed() => new("--seed")
    {
        Description = "all randomness (default 1)",
        HelpName = "S",
        DefaultValueFactory = _ => 1,
    };

    /// <param name="whose">The kernel or kernels in question.</param>
    public static Option<bool> AvoidKnown(string whose) => new("--avoid-known")
    {
        Description = $"leave out programs that can reach a known defect of {whose}",
    };

    public static Option<string> Findings() => new("--findings")
    {
        Description = "where findings are stored (default artifacts/findings)",
        HelpName = "DIR",
        DefaultValueFactory = _ => Path.Combine("artifacts", "findings"),
    };

    /// <param name="what">What comes out.</param>
    public static Option<bool> Json(string what) => new("--json") { Description = $"the {what} as JSON on stdout" };

    public static Option<bool> Quiet() => new("--quiet") { Description = "no progress" };
}
