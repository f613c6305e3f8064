using VfioFuzz.Programs.Mutation;

namespace VfioFuzz.Programs.Tests;

public sealed class ProgramMutatorTests
{
    private static readonly KindSet Kinds = KindSet.All.Without(KindSet.Reserved);

    private readonly ProgramMutator mutator = new(Kinds, 2);

    [Fact]
    public void Mutants_are_canonical_and_within_the_limits()
    {
        foreach (var mutant in Mutants(2_000))
            Assert.True(mutant.IsCanonical && mutant.Lines.Length <= Limits.LinesMax, mutant.ToString());
    }

    [Fact]
    public void Splices_are_canonical_and_have_lines_of_both()
    {
        var both = 0;
        for (ulong seed = 0; seed < 500; seed++)
        {
            var (one, other) = (Drawn(seed), Drawn(seed + 1000));
            var spliced = mutator.Splice(one, other, Choices.OfSeed(seed), Kinds);
            Assert.True(spliced.IsCanonical, spliced.ToString());
            var lines = spliced.Lines.Select(line => line.Operation).ToHashSet();
            both += lines.Overlaps(one.Lines.Select(line => line.Operation)) && lines.Overlaps(other.Lines.Select(line => line.Operation)) ? 1 : 0;
        }
        Assert.InRange(both, 400, 500);
    }

    [Fact]
    public void The_same_choices_make_the_same_mutant() => Assert.Equal(Mutants(200), Mutants(200));

    [Fact]
    public void Only_kinds_of_the_swarm_are_inserted()
    {
        var swarm = KindSet.Of(OperationKind.Pin, OperationKind.Unmap);
        var one = Program.Sequential(default, Operation.Observe(TaskId.Of(0, 0)));
        for (ulong seed = 0; seed < 500; seed++)
        {
            foreach (var line in mutator.Mutate(one, Choices.OfSeed(seed), swarm).Lines)
                Assert.True(line.Operation.Kind == OperationKind.Observe || swarm.Has(line.Operation.Kind), line.Operation.ToString());
        }
    }

    [Fact]
    public void One_thread_a_process_stays_sequential()
    {
        var sequential = new ProgramMutator(Kinds, 1);
        for (ulong seed = 0; seed < 1_000; seed++)
        {
            foreach (var line in sequential.Mutate(Drawn(seed), Choices.OfSeed(seed), Kinds).Lines)
                Assert.True(!line.IsParallel && line.Operation.Task.Value % Limits.ThreadsPerProcess == 0);
        }
    }

    [Fact]
    public void Every_kind_is_inserted_by_somebody()
    {
        var kinds = Mutants(4_000).SelectMany(mutant => mutant.Lines).Select(line => line.Operation.Kind).ToHashSet();
        foreach (var form in OperationForm.All.Where(form => Kinds.Has(form.Kind)))
            Assert.Contains(form.Kind, kinds);
    }

    private List<Program> Mutants(int count) =>
        [.. Enumerable.Range(0, count).Select(i => mutator.Mutate(Drawn((ulong)i % 50), Choices.OfSeed((ulong)i), Kinds))];

    private static Program Drawn(ulong seed) => Generator.Generate(Choices.OfSeed(seed), GeneratorOptions.Default);
}
