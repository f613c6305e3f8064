using VfioFuzz.Programs;

namespace VfioFuzz.Architecture.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public void The_grammar_in_the_readme_has_every_operation()
    {
        var readme = Repository.Files.Contains("README.md") ? Repository.Read("README.md") : "";
        if (!readme.Split('\n').Any(line => line.StartsWith('#') && line.Contains("Grammar", StringComparison.OrdinalIgnoreCase)))
            return;
        Offenders.None(OperationForm.All.Select(form => form.Grammar).Where(line => !readme.Contains(line, StringComparison.Ordinal)));
    }
}
