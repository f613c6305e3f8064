using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// One thread's way to the states of a tree. A state is broken into parts by what differs from the loaded one, and the next one is loaded by what
/// differs from the one before, so that most parts are never looked at.
/// </summary>
internal struct TreeStore<TState>(TreeStates states, int expectedMax) : IStateStore<TState, ulong>
    where TState : unmanaged
{
    private const int GroupBytes = StateTree.LeafBytes * StateTree.Fan;
    private const int RecentMax = 256;
    private const ulong HeadMask = (1UL << NodeTable.NumberBits) - 1;

    private readonly StateTree tree = states.Tree;
    private readonly PairTable pairs = states.Pairs;

    /// <summary>The loaded state with zeros behind it, then the numbers of its leaves, groups, head and rest.</summary>
    private readonly Vector256<uint>[] content = new Vector256<uint>[StateTree.GroupsMax * StateTree.Fan];
    private readonly Vector256<uint>[] leaves = new Vector256<uint>[StateTree.GroupsMax];
    private Vector256<uint> groups;
    private uint head;
    private uint rest;

    /// <summary>Leaves numbered of late, by their hash: most of what a step makes was made before.</summary>
    private readonly Vector256<uint>[] recent = new Vector256<uint>[RecentMax];
    private readonly uint[] recentNumbers = new uint[RecentMax];

    private readonly Expected[] expected = new Expected[expectedMax];
    private readonly Part[] heads = new Part[expectedMax];
    private readonly Part[] rests = new Part[expectedMax];
    private readonly Part[] changes = new Part[expectedMax * StateTree.Fan];
    private int count;
    private int headsChanged;
    private int restsChanged;
    private int changed;

    public readonly ref readonly TState Loaded =>
        ref Unsafe.As<Vector256<uint>, TState>(ref MemoryMarshal.GetArrayDataReference(content));

    /// <summary>Groups that a state has all bytes of.</summary>
    private static int Whole => Unsafe.SizeOf<TState>() / GroupBytes;

    private static int Groups => (Unsafe.SizeOf<TState>() + GroupBytes - 1) / GroupBytes;

    public ulong KeyOf(in TState state)
    {
        Clear();
        Expect(in state);
        Settle();
        Clear();
        return expected[0].Pair;
    }

    public readonly void Foresee(in ulong key, bool rank)
    {
        StateTree.Fetch(in tree.Heads[(uint)(key & HeadMask)]);
        StateTree.Fetch(in tree.Rests[(uint)(key >> NodeTable.NumberBits)]);
        if (rank)
            pairs.Expect(key);
    }

    public void Load(in ulong key)
    {
        (head, rest) = ((uint)(key & HeadMask), (uint)(key >> NodeTable.NumberBits));
        LoadGroup(0, tree.Heads[head].Content);
        var wanted = tree.Rests[rest].Content;
        for (var differing = Differing(wanted, groups); differing != 0; differing &= differing - 1)
        {
            var group = BitOperations.TrailingZeroCount(differing);
            LoadGroup(1 + group, tree.Groups[wanted[group]].Content);
        }
        groups = wanted;
    }

    public void Expect(in TState state)
    {
        ref var first = ref Unsafe.As<TState, byte>(ref Unsafe.AsRef(in state));
        expected[count] = new Expected { Groups = groups, Head = head, Rest = rest };
        if (DifferingLeaves(ref first, 0) is not 0 and var inHead)
            Note(ref heads[headsChanged++], tree.Heads, GroupOf(ref first, 0, inHead), 0);
        var differing = DifferingOfRest(ref first);
        if (differing != 0)
            rests[restsChanged++].Expected = count;
        while (differing != 0)
        {
            var at = BitOperations.TrailingZeroCount(differing) & ~(StateTree.Fan - 1);
            var group = at / StateTree.Fan;
            Note(ref changes[changed++], tree.Groups, GroupOf(ref first, 1 + group, (byte)(differing >> at)), group);
            differing &= ~((ulong)byte.MaxValue << at);
        }
        count++;
    }

    /// <summary>
    /// Up the tree, a level at a time for all that is expected: what one look needs is fetched while others are taken.
    /// </summary>
    public void Settle()
    {
        foreach (ref readonly var change in changes.AsSpan(0, changed))
            tree.Groups.Foresee(change.Hash);
        foreach (ref readonly var part in heads.AsSpan(0, headsChanged))
            tree.Heads.Foresee(part.Hash);
        foreach (ref readonly var change in changes.AsSpan(0, changed))
        {
            ref var of = ref expected[change.Expected].Groups;
            of = With(of, change.Group, tree.Groups.Number(in change.Node, change.Hash));
        }
        foreach (ref var part in rests.AsSpan(0, restsChanged))
            Note(ref part, tree.Rests, new Octet(expected[part.Expected].Groups), part.Expected, 0);
        foreach (ref readonly var part in heads.AsSpan(0, headsChanged))
            expected[part.Expected].Head = tree.Heads.Number(in part.Node, part.Hash);
        foreach (ref readonly var part in rests.AsSpan(0, restsChanged))
            tree.Rests.Foresee(part.Hash);
        foreach (ref readonly var part in rests.AsSpan(0, restsChanged))
            expected[part.Expected].Rest = tree.Rests.Number(in part.Node, part.Hash);
        (headsChanged, restsChanged, changed) = (0, 0, 0);
        foreach (ref readonly var each in expected.AsSpan(0, count))
            pairs.Expect(each.Pair);
    }

    public readonly Sighting Visit(int expected, Rank rank, out ulong key)
    {
        key = this.expected[expected].Pair;
        return pairs.Visit(key, rank);
    }

    public void Clear() => (count, headsChanged, restsChanged, changed) = (0, 0, 0, 0);

    public readonly Rank? RankOf(in ulong key) => pairs.RankOf(key);

    public readonly void CrossOut(in ulong key) => pairs.CrossOut(key);

    public readonly void RestoreAll() => pairs.RestoreAll();

    private readonly void LoadGroup(int group, Vector256<uint> wanted)
    {
        ref var known = ref leaves[group];
        for (var differing = Differing(wanted, known); differing != 0; differing &= differing - 1)
        {
            var leaf = BitOperations.TrailingZeroCount(differing);
            content[group * StateTree.Fan + leaf] = tree.Leaves[wanted[leaf]].Content;
        }
        known = wanted;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Note(ref Part part, NodeTable table, Octet node, int group) => Note(ref part, table, node, count, group);

    /// <summary>Puts down a part to be numbered later.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Note(ref Part part, NodeTable table, Octet node, int expected, int group)
    {
        var hash = node.Hash;
        (part.Node, part.Hash, part.Expected, part.Group) = (node, hash, expected, group);
        StateTree.Fetch(in table.SlotOf(hash));
    }

    /// <summary>A bit for each leaf behind the head that is not the loaded state's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong DifferingOfRest(ref byte first)
    {
        var differing = 0UL;
        for (var group = 1; group < Groups; group++)
            differing |= (ulong)DifferingLeaves(ref first, group) << (group - 1) * StateTree.Fan;
        return differing;
    }

    /// <summary>A bit for each leaf of a group that is not the loaded state's. Which ones they are is hard to foretell, so nothing branches on one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint DifferingLeaves(ref byte first, int group)
    {
        ref var known = ref Unsafe.As<Vector256<uint>, byte>(ref MemoryMarshal.GetArrayDataReference(content));
        var at = (nuint)(group * GroupBytes);
        if (group < Whole)
        {
            // Four bits a leaf, then the lowest of them stands for all.
            var words = DifferingWords(ref first, ref known, at) | DifferingWords(ref first, ref known, at + 64) << 8
                | DifferingWords(ref first, ref known, at + 128) << 16 | DifferingWords(ref first, ref known, at + 192) << 24;
            words |= words >> 1;
            return Gathered(words | words >> 2);
        }
        var differing = 0u;
        for (var leaf = group * StateTree.Fan; leaf * StateTree.LeafBytes < Unsafe.SizeOf<TState>(); leaf++)
            differing |= (LeafAt(ref first, leaf) == Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(content), leaf) ? 0u : 1u) << leaf % StateTree.Fan;
        return differing;
    }

    /// <summary>A bit for each of eight words that differ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint DifferingWords(ref byte one, ref byte other, nuint at) => 0xff & ~(uint)Vector512.Equals(
        Vector512.LoadUnsafe(ref one, at).AsUInt64(), Vector512.LoadUnsafe(ref other, at).AsUInt64()).ExtractMostSignificantBits();

    /// <summary>Every fourth bit.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Gathered(uint bits)
    {
        const uint fourth = 0x1111_1111;
        if (Bmi2.IsSupported)
            return Bmi2.ParallelBitExtract(bits, fourth);
        bits &= fourth;
        bits = (bits | bits >> 3) & 0x0303_0303;
        bits = (bits | bits >> 6) & 0x000f_000f;
        return (bits | bits >> 12) & 0xff;
    }

    /// <summary>A group of which some leaves, a bit for each, are not the loaded state's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Octet GroupOf(ref byte first, int group, uint differing)
    {
        var numbers = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(leaves), group);
        do
        {
            var leaf = BitOperations.TrailingZeroCount(differing);
            numbers = With(numbers, leaf, NumberOf(LeafAt(ref first, group * StateTree.Fan + leaf)));
            differing &= differing - 1;
        }
        while (differing != 0);
        return new Octet(numbers);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint NumberOf(Vector256<uint> leaf)
    {
        var hash = new Octet(leaf).Hash;
        ref var known = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(recent), (nuint)(hash % RecentMax));
        ref var number = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(recentNumbers), (nuint)(hash % RecentMax));
        if (known == leaf)
            return number;
        known = leaf;
        return number = tree.Leaves.Number(new Octet(leaf), hash);
    }

    /// <summary>A bit for each number that differs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Differing(Vector256<uint> one, Vector256<uint> other) =>
        ~Vector256.Equals(one, other).ExtractMostSignificantBits() & 0xff;

    /// <summary>The numbers with another one at a place, without a way through memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> With(Vector256<uint> numbers, int at, uint number) => Vector256.ConditionalSelect(
        Vector256.Equals(Vector256.Create((uint)at), Vector256<uint>.Indices), Vector256.Create(number), numbers);

    /// <summary>A leaf's bytes; those behind the state's end are zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> LeafAt(ref byte first, int leaf)
    {
        var left = Unsafe.SizeOf<TState>() - leaf * StateTree.LeafBytes;
        if (left >= StateTree.LeafBytes)
            return Vector256.LoadUnsafe(ref first, (nuint)(leaf * StateTree.LeafBytes)).AsUInt32();
        var tail = Vector256<uint>.Zero;
        Unsafe.CopyBlockUnaligned(
            ref Unsafe.As<Vector256<uint>, byte>(ref tail), ref Unsafe.Add(ref first, leaf * StateTree.LeafBytes), (uint)left);
        return tail;
    }

    private struct Expected
    {
        public Vector256<uint> Groups;

        public uint Head;
        public uint Rest;

        public readonly ulong Pair => (ulong)Rest << NodeTable.NumberBits | Head;
    }

    /// <summary>A part that an expected state has and the loaded one has not.</summary>
    private struct Part
    {
        public Octet Node;

        public ulong Hash;

        public int Expected;

        /// <summary>Its place in the rest, of a group there.</summary>
        public int Group;
    }
}
