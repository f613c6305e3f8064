using VfioFuzz.Testing;

namespace VfioFuzz.Programs.Tests;

public sealed class MutatorTests
{
    [VfioProperty(tests: 300)]
    public bool Mutants_are_canonical(Program program, ulong seed) =>
        Mutator.Mutate(program, Choices.OfSeed(seed)).IsCanonical;

    [VfioProperty(tests: 300)]
    public bool Mutants_of_decoded_programs_are_canonical(DecodedProgram sample, ulong seed) =>
        Mutator.Mutate(sample.Program, Choices.OfSeed(seed)).IsCanonical;

    [VfioProperty]
    public bool Equal_choices_make_equal_mutants(Program program, ulong seed) =>
        Mutator.Mutate(program, Choices.OfSeed(seed)).Equals(Mutator.Mutate(program, Choices.OfSeed(seed)));

    [VfioProperty]
    public void A_splice_begins_as_one_and_ends_as_the_other(Program program, Program other, ulong seed)
    {
        var spliced = Mutator.Splice(program, other, Choices.OfSeed(seed));
        Assert.True(spliced.IsCanonical);
        Assert.Equal(program.World, spliced.World);
        Assert.InRange(spliced.Lines.Length, 0, Limits.LinesMax);
        Assert.All(spliced.Lines, line => Assert.Contains(
            line.Operation, program.Lines.Concat(other.Lines).Select(original => original.Operation)));
    }

    [Fact]
    public void Most_mutants_differ_and_grow_shrink_retime_or_change_an_operand()
    {
        var choices = Choices.OfSeed(1);
        var program = Generator.Generate(choices, new GeneratorOptions { Threads = 2 });
        var mutants = Enumerable.Range(0, 1000).Select(_ => Mutator.Mutate(program, choices)).ToList();

        Assert.InRange(mutants.Count(mutant => !mutant.Equals(program)), 850, 1000);
        Assert.Contains(mutants, mutant => mutant.Lines.Length > program.Lines.Length);
        Assert.Contains(mutants, mutant => mutant.Lines.Length < program.Lines.Length);
        Assert.Contains(mutants, mutant => mutant.World != program.World);
        Assert.Contains(mutants, mutant => mutant.Lines.Count(line => line.IsParallel) > program.Lines.Count(line => line.IsParallel));
        Assert.Contains(
            mutants, mutant => mutant.Lines.Length == program.Lines.Length
                && mutant.Lines.Zip(program.Lines).Count(pair => pair.First != pair.Second) == 1);
    }

    [Fact]
    public void Without_second_threads_mutants_have_none()
    {
        var choices = Choices.OfSeed(2);
        for (var i = 0; i < 1000; i++)
        {
            choices.Reset((ulong)i);
            var mutant = Mutator.Mutate(Generator.Generate(choices, GeneratorOptions.Default), choices, GeneratorOptions.Default);
            Assert.DoesNotContain(mutant.Lines, line => line.IsParallel || line.Operation.Task.Thread != 0);
        }
    }
}
