using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using VfioFuzz.Checking.Exploring;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking.Tests.Exploring;

public sealed class TreeStatesTests
{
    private const int ExpectedMax = 8;

    [Theory]
    [InlineData(1)]
    [InlineData(1_000)]
    [InlineData(600_000)]
    public void The_pairs_remember_the_lowest_rank_of_every_state(int states)
    {
        using var table = new PairTable(isShared: false);
        var known = new Dictionary<ulong, ushort>();
        var randomness = new Randomness(7);
        for (var visit = 0; visit < 3 * states; visit++)
        {
            var (state, rank) = (Pair(randomness.Below((uint)states)), (ushort)randomness.Below(1000));
            var expected = !known.TryGetValue(state, out var before) ? Sighting.New : rank < before ? Sighting.Nearer : Sighting.Known;
            Assert.Equal(expected, table.Visit(state, new Rank(rank)));
            known[state] = expected == Sighting.Known ? before : rank;
        }
        Assert.Equal(known.Count, table.Count);
        Assert.All(known, entry => Assert.Equal(new Rank(entry.Value), table.RankOf(entry.Key)));
        Assert.Null(table.RankOf(Pair((ulong)states)));
    }

    /// <summary>The look ahead takes no lock: a segment that another thread gives its first memory, or more, must bear it.</summary>
    [Fact]
    public void A_state_may_be_expected_while_another_thread_makes_its_segment_grow()
    {
        const int tables = 300, states = 20_000;
        for (var round = 0; round < tables; round++)
        {
            using var table = new PairTable(isShared: true);
            var (done, seed) = (false, (ulong)round);
            Exception? failure = null;
            var ahead = new Thread(() =>
            {
                try
                {
                    for (var randomness = new Randomness(seed); !Volatile.Read(ref done);)
                        table.Expect(randomness.Below(states));
                }
#pragma warning disable CA1031 // Whatever it is, the test says it.
                catch (Exception thrown)
#pragma warning restore CA1031
                {
                    failure = thrown;
                }
            });
            ahead.Start();
            for (var state = 0UL; state < states; state++)
                table.Visit(state, default);
            Volatile.Write(ref done, true);
            ahead.Join();
            Assert.Null(failure);
            Assert.Equal(states, table.Count);
        }
    }

    [Fact]
    public void Every_bit_of_a_pair_counts()
    {
        using var table = new PairTable(isShared: false);
        Assert.Equal(Sighting.New, table.Visit(0, default));
        for (var one = 0; one < PairTable.PairBits; one++)
        {
            Assert.Equal(Sighting.New, table.Visit(1UL << one, default));
            for (var other = 0; other < one; other++)
                Assert.Equal(Sighting.New, table.Visit(1UL << one | 1UL << other, default));
        }
    }

    [Fact]
    public void What_is_crossed_out_has_no_rank_until_all_is_restored()
    {
        using var table = new PairTable(isShared: false);
        table.Visit(1, new Rank(5));
        table.CrossOut(1);
        Assert.Null(table.RankOf(1));
        table.RestoreAll();
        Assert.Equal(new Rank(5), table.RankOf(1));
    }

    [Fact]
    public void Many_states_take_eight_bytes_and_a_little_each()
    {
        const int states = 3_000_000;
        using var table = new PairTable(isShared: false);
        for (var state = 0UL; state < states; state++)
            table.Visit(Pair(state), default);
        Assert.InRange((double)table.Bytes / states, 8, 11);
    }

    [Fact]
    public void Nodes_keep_their_numbers()
    {
        using var table = new NodeTable(isShared: false);
        Assert.Equal(0u, table.Number(default));
        for (var round = 0; round < 2; round++)
        {
            for (var number = 1u; number < 20_000; number++)
            {
                var node = new Octet(Vector256.Create(number % 10, number, 0, number / 10, 0, 0, 0, number % 100));
                Assert.Equal(number, table.Number(in node));
                Assert.True(table[number].Is(in node));
            }
        }
        Assert.Equal(20_000u, table.Count);
    }

    [Theory]
    [InlineData(false, 1 << 14)] // the slots that there are
    [InlineData(true, (1 << 15) - (1 << 8))] // and those before them, from 256 on, which a thread may still read
    public void All_slots_that_are_kept_are_counted(bool isShared, int slots)
    {
        using var table = new NodeTable(isShared);
        const uint nodes = 10_000;
        for (var node = 1u; node < nodes; node++)
            table.Number(new Octet(Vector256.Create(node)));
        Assert.Equal(nodes, table.Count);
        Assert.Equal((nodes * 32L) + (slots * sizeof(uint)), table.Bytes);
    }

    [Fact]
    public void Several_threads_give_a_node_one_number()
    {
        using var table = new NodeTable(isShared: true);
        const uint nodes = 50_000;
        var numbers = new uint[4][];
        var threads = Enumerable.Range(0, numbers.Length).Select(thread => new Thread(() =>
        {
            numbers[thread] = new uint[nodes];
            for (var i = 0u; i < nodes; i++)
            {
                // Each in another order, and all meet.
                var node = (i * 7919 + (uint)thread * 31) % nodes;
                numbers[thread][node] = table.Number(new Octet(Vector256.Create(node, ~node, 1, 2, 0, 0, 0, 3)));
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.All(numbers, each => Assert.Equal(numbers[0], each));
        Assert.Equal(nodes, (uint)numbers[0].Distinct().Count());
        Assert.Equal(nodes + 1, table.Count);
    }

    [Fact]
    public void A_state_comes_back_whole_whatever_was_loaded_before() => ComesBackWhole<Large>(300);

    [Fact]
    public void A_state_whose_size_is_no_number_of_leaves_comes_back_whole() => ComesBackWhole<Odd>(300);

    [Fact]
    public void The_largest_state_comes_back_whole() => ComesBackWhole<Largest>(300);

    [Fact]
    public void Equal_states_have_one_key_and_others_another()
    {
        using var states = new TreeStates(isShared: false);
        var store = new TreeStore<Large>(states, ExpectedMax);
        var randomness = new Randomness(5);
        var keys = new Dictionary<ulong, byte[]>();
        for (var i = 0; i < 3_000; i++)
        {
            var state = Random<Large>(ref randomness, 2);
            var key = store.KeyOf(in state);
            if (keys.TryGetValue(key, out var known))
                Assert.Equal(known, BytesOf(in state).ToArray());
            keys[key] = BytesOf(in state).ToArray();
            if (i % 3 == 0)
                store.Load(in key);
        }
        Assert.Equal(keys.Count, keys.Values.Select(Convert.ToHexString).Distinct().Count());
    }

    private static void ComesBackWhole<TState>(int count)
        where TState : unmanaged
    {
        using var states = new TreeStates(isShared: false);
        var (one, other) = (new TreeStore<TState>(states, ExpectedMax), new TreeStore<TState>(states, ExpectedMax));
        var randomness = new Randomness(3);
        for (var i = 0; i < count; i += ExpectedMax)
        {
            var expected = Enumerable.Range(0, ExpectedMax).Select(at => Random<TState>(ref randomness, (i + at) % 60)).ToArray();
            foreach (ref readonly var state in expected.AsSpan())
                one.Expect(in state);
            one.Settle();
            for (var at = 0; at < ExpectedMax; at++)
            {
                one.Visit(at, default, out var key);
                other.Load(in key);
                Assert.Equal(BytesOf(in expected[at]).ToArray(), BytesOf(in other.Loaded).ToArray());
                Assert.Equal(key, other.KeyOf(in expected[at]));
                if (at % 2 == 0)
                    one.Load(in key);
            }
            one.Clear();
        }
    }

    /// <summary>Zeros but for some bytes.</summary>
    private static TState Random<TState>(ref Randomness randomness, int changes)
        where TState : unmanaged
    {
        var state = default(TState);
        for (var change = 0; change < changes; change++)
            BytesOf(in state)[(int)randomness.Below((uint)Unsafe.SizeOf<TState>())] = (byte)randomness.Below(4);
        return state;
    }

    private static Span<byte> BytesOf<TState>(in TState state)
        where TState : unmanaged =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<TState>(ref Unsafe.AsRef(in state)));

    private static ulong Pair(ulong number) => number / 1000 << NodeTable.NumberBits | number % 1000;

    [InlineArray(236)]
    private struct Large
    {
        private ulong first;
    }

    [InlineArray(StateTree.BytesMax)]
    private struct Largest
    {
        private byte first;
    }

    [InlineArray(143)]
    private struct Odd
    {
        private byte first;
    }
}
