using VfioFuzz.Programs;

namespace VfioFuzz.Architecture.Tests;

public sealed class ReadmeTests
{
    [Fact]
    public void The_grammar_in_the_reference_has_every_operation()
    {
        var reference = Repository.Read("corpus/reference.md");
        Offenders.None(OperationForm.All.Select(form => form.Grammar).Where(line => !reference.Contains(line, StringComparison.Ordinal)));
    }
}
