using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

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
        var differing = DifferingGroups(ref first);
        expected[count] = new Expected { Groups = groups, Head = head, Rest = rest };
        if ((differing & 1) != 0)
            Note(ref heads[headsChanged++], tree.Heads, GroupOf(ref first, 0), 0);
        if ((differing &= ~1u) != 0)
            rests[restsChanged++].Expected = count;
        for (; differing != 0; differing &= differing - 1)
        {
            var group = BitOperations.TrailingZeroCount(differing);
            Note(ref changes[changed++], tree.Groups, GroupOf(ref first, group), group - 1);
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

    /// <summary>A bit for each group that is not the loaded state's. Which ones they are is hard to foretell, so nothing branches on one.</summary>
    private readonly uint DifferingGroups(ref byte first)
    {
        ref var known = ref Unsafe.As<Vector256<uint>, byte>(ref MemoryMarshal.GetArrayDataReference(content));
        var differing = 0u;
        for (var group = 0; group < Whole; group++)
        {
            var at = (nuint)(group * GroupBytes);
            differing |= (IsSame(ref Unsafe.Add(ref first, at), ref Unsafe.Add(ref known, at)) ? 0u : 1u) << group;
        }
        if (Groups != Whole && !IsTailSame(ref first, ref known))
            differing |= 1u << Whole;
        return differing;
    }

    /// <summary>Whether eight leaves are the same; most are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsSame(ref byte one, ref byte other)
    {
        const nuint leaf = StateTree.LeafBytes;
        var differing = Difference(ref one, ref other, 0) | Difference(ref one, ref other, leaf)
            | Difference(ref one, ref other, 2 * leaf) | Difference(ref one, ref other, 3 * leaf);
        differing |= Difference(ref one, ref other, 4 * leaf) | Difference(ref one, ref other, 5 * leaf)
            | Difference(ref one, ref other, 6 * leaf) | Difference(ref one, ref other, 7 * leaf);
        return differing == Vector256<byte>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Difference(ref byte one, ref byte other, nuint at) =>
        Vector256.LoadUnsafe(ref one, at) ^ Vector256.LoadUnsafe(ref other, at);

    /// <summary>Whether what is behind the last whole group is the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsTailSame(ref byte first, ref byte known)
    {
        var at = Whole * GroupBytes;
        return MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref first, at), Unsafe.SizeOf<TState>() - at)
            .SequenceEqual(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref known, at), Unsafe.SizeOf<TState>() - at));
    }

    /// <summary>A group that is not the loaded state's.</summary>
    private readonly Octet GroupOf(ref byte first, int group)
    {
        const int fan = StateTree.Fan;
        var end = Math.Min(fan, (Unsafe.SizeOf<TState>() - group * GroupBytes + StateTree.LeafBytes - 1) / StateTree.LeafBytes);
        ref var old = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(content), group * fan);
        var differing = 0;
        for (var leaf = 0; leaf < end; leaf++)
            differing |= (LeafAt(ref first, group * fan + leaf) == Unsafe.Add(ref old, leaf) ? 0 : 1) << leaf;
        var numbers = leaves[group];
        for (; differing != 0; differing &= differing - 1)
        {
            var leaf = BitOperations.TrailingZeroCount(differing);
            numbers = With(numbers, leaf, NumberOf(LeafAt(ref first, group * fan + leaf)));
        }
        return new Octet(numbers);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly uint NumberOf(Vector256<uint> leaf)
    {
        var hash = new Octet(leaf).Hash;
        var at = (int)(hash % RecentMax);
        if (recent[at] == leaf)
            return recentNumbers[at];
        recent[at] = leaf;
        return recentNumbers[at] = tree.Leaves.Number(new Octet(leaf), hash);
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
