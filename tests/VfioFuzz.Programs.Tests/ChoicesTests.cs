using VfioFuzz.Testing;

namespace VfioFuzz.Programs.Tests;

public sealed class ChoicesTests
{
    [VfioProperty]
    public void What_a_seed_drew_draws_the_same_again_as_bytes(ulong seed)
    {
        var choices = Choices.OfSeed(seed);
        var options = new GeneratorOptions { Threads = 2 };
        var program = Generator.Generate(choices, options);

        var again = Choices.OfBytes(choices.Drawn);

        Assert.Equal(program, Generator.Generate(again, options));
        Assert.True(again.IsExhausted);
        Assert.Equal(choices.Drawn, again.Drawn);
    }

    [VfioProperty]
    public bool Every_byte_string_chooses_some_program(byte[] bytes) =>
        Generator.Generate(Choices.OfBytes(bytes), GeneratorOptions.Default).IsCanonical;

    [Fact]
    public void Where_bytes_end_every_choice_is_the_first_and_nothing_is_a_lucky_chance()
    {
        var choices = Choices.OfBytes([]);
        Assert.Equal(0, choices.Below(1000));
        Assert.Equal(5, choices.Between(5, 9));
        Assert.False(choices.Chance(1, 2));
        Assert.Equal(0UL, choices.Bits());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(70000)]
    public void Choices_stay_below_their_bound_and_reach_both_halves(int bound)
    {
        var choices = Choices.OfSeed(3);
        var drawn = Enumerable.Range(0, 2000).Select(_ => choices.Below(bound)).ToList();
        Assert.All(drawn, choice => Assert.InRange(choice, 0, bound - 1));
        Assert.InRange(drawn.Count(choice => choice < bound / 2.0), 800, 1200);
    }

    [Fact]
    public void A_seed_starts_again_where_it_started()
    {
        var choices = Choices.OfSeed(11);
        var first = choices.Bits();
        choices.Reset(11);
        Assert.Equal(first, choices.Bits());
    }

    [Fact]
    public void The_numbers_of_a_seed_are_those_of_xoshiro256starstar()
    {
        // From the authors' splitmix64.c and xoshiro256starstar.c, seeded with 0.
        var randomness = new Randomness(0);
        Assert.Equal(0x99ec5f36cb75f2b4UL, randomness.Next());
        Assert.Equal(0xbf6e1f784956452aUL, randomness.Next());
    }
}
