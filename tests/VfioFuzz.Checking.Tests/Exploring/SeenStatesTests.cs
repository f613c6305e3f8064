using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests.Exploring;

public sealed class SeenStatesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(300_000)]
    public void The_table_remembers_the_lowest_rank_of_every_state(int states)
    {
        using var table = new FingerprintTable(isShared: false);
        var known = new Dictionary<ulong, ushort>();
        var randomness = new Randomness(7);
        for (var visit = 0; visit < 3 * states; visit++)
        {
            var (state, rank) = (randomness.Below((uint)states), (ushort)randomness.Below(1000));
            var expected = !known.TryGetValue(state, out var before) ? Sighting.New : rank < before ? Sighting.Nearer : Sighting.Known;
            Assert.Equal(expected, table.Visit(Of(state), [], new Rank(rank)));
            known[state] = expected == Sighting.Known ? before : rank;
        }
        Assert.Equal(known.Count, table.Count);
        Assert.All(known, entry => Assert.Equal(new Rank(entry.Value), table.RankOf(Of(entry.Key))));
        Assert.Null(table.RankOf(Of((ulong)states)));
    }

    [Fact]
    public void What_is_crossed_out_has_no_rank_until_all_is_restored()
    {
        using var table = new FingerprintTable(isShared: false);
        table.Visit(Of(1), [], new Rank(5));
        table.CrossOut(Of(1));
        Assert.Null(table.RankOf(Of(1)));
        table.RestoreAll();
        Assert.Equal(new Rank(5), table.RankOf(Of(1)));
    }

    [Fact]
    public void Two_states_with_one_fingerprint_break_an_exact_search()
    {
        using var exact = new ExactStates();
        exact.Visit(new Fingerprint(1, 2), [1], default);
        Assert.Null(exact.Broken);
        exact.Visit(new Fingerprint(1, 2), [2], default);
        Assert.NotNull(exact.Broken);
    }

    [Fact]
    public void Every_byte_and_the_length_count_in_a_fingerprint()
    {
        var seen = new HashSet<Fingerprint>();
        var bytes = new byte[100];
        for (var length = 0; length <= bytes.Length; length++)
        {
            Assert.True(seen.Add(Fingerprint.Of(bytes.AsSpan(0, length))));
            for (var at = 0; at < length; at++)
            {
                bytes[at] = 0x40;
                Assert.True(seen.Add(Fingerprint.Of(bytes.AsSpan(0, length))));
                bytes[at] = 0;
            }
        }
    }

    private static Fingerprint Of(ulong state) => Fingerprint.Of(BitConverter.GetBytes(state));
}
