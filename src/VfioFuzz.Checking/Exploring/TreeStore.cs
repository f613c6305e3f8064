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
    private const uint Unknown = uint.MaxValue;
    private const ulong HalfMask = (1UL << NodeTable<Quartet>.NumberBits) - 1;

    private readonly StateTree tree = states.Tree;
    private readonly PairTable pairs = states.Pairs;

    /// <summary>The loaded state with zeros behind it, then the numbers of its leaves, groups and halves.</summary>
    private readonly Vector256<uint>[] content = new Vector256<uint>[StateTree.LeavesMax];
    private readonly Vector256<uint>[] leaves = new Vector256<uint>[StateTree.Fan];
    private readonly Expected[] expected = new Expected[expectedMax];
    private readonly Change[] changes = new Change[expectedMax * StateTree.Fan];
    private Vector256<uint> groups;
    private uint low;
    private uint high;
    private int count;
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
        StateTree.Fetch(in tree.Halves[(uint)(key & HalfMask)]);
        StateTree.Fetch(in tree.Halves[(uint)(key >> NodeTable<Quartet>.NumberBits)]);
        if (rank)
            pairs.Expect(key);
    }

    public void Load(in ulong key)
    {
        (low, high) = ((uint)(key & HalfMask), (uint)(key >> NodeTable<Quartet>.NumberBits));
        var wanted = Vector256.Create(tree.Halves[low].Content, tree.Halves[high].Content);
        for (var differing = ~Vector256.Equals(wanted, groups).ExtractMostSignificantBits() & 0xff; differing != 0; differing &= differing - 1)
        {
            var group = BitOperations.TrailingZeroCount(differing);
            LoadGroup(group, tree.Parts[wanted[group]].Content);
        }
        groups = wanted;
    }

    public void Expect(in TState state)
    {
        var before = changed;
        expected[count] = Broken(in state);
        for (var at = before; at < changed; at++)
            StateTree.Fetch(in tree.Parts.SlotOf(changes[at].Hash));
        count++;
    }

    /// <summary>
    /// Up the tree, a level at a time for all that is expected: what one look needs is fetched while others are taken.
    /// </summary>
    public void Settle()
    {
        foreach (ref readonly var change in changes.AsSpan(0, changed))
            tree.Parts.Foresee(change.Hash);
        foreach (ref readonly var change in changes.AsSpan(0, changed))
        {
            ref var of = ref expected[change.Expected].Groups;
            of = With(of, change.Group, tree.Parts.Number(in change.Node, change.Hash));
        }
        changed = 0;
        foreach (ref var each in expected.AsSpan(0, count))
            Hash(ref each);
        foreach (ref readonly var each in expected.AsSpan(0, count))
            ForeseeHalves(in each);
        foreach (ref var each in expected.AsSpan(0, count))
        {
            each.Pair = PairOf(in each);
            pairs.Expect(each.Pair);
        }
    }

    public readonly Sighting Visit(int expected, Rank rank, out ulong key)
    {
        key = this.expected[expected].Pair;
        return pairs.Visit(key, rank);
    }

    public void Clear() => (count, changed) = (0, 0);

    public readonly Rank? RankOf(in ulong key) => pairs.RankOf(key);

    public readonly void CrossOut(in ulong key) => pairs.CrossOut(key);

    public readonly void RestoreAll() => pairs.RestoreAll();

    private readonly void LoadGroup(int group, Vector256<uint> wanted)
    {
        ref var known = ref leaves[group];
        for (var differing = ~Vector256.Equals(wanted, known).ExtractMostSignificantBits() & 0xff; differing != 0; differing &= differing - 1)
        {
            var leaf = BitOperations.TrailingZeroCount(differing);
            content[group * StateTree.Fan + leaf] = tree.Parts[wanted[leaf]].Content;
        }
        known = wanted;
    }

    /// <summary>The halves of a state as far as they are the loaded one's; other groups are put down among the changes.</summary>
    private Expected Broken(in TState state)
    {
        var broken = new Expected { Groups = groups, Low = low, High = high };
        ref var first = ref Unsafe.As<TState, byte>(ref Unsafe.AsRef(in state));
        ref var known = ref Unsafe.As<Vector256<uint>, byte>(ref MemoryMarshal.GetArrayDataReference(content));
        for (var group = 0; group < Groups; group++)
        {
            var at = (nuint)(group * GroupBytes);
            if (group < Whole ? IsSame(ref Unsafe.Add(ref first, at), ref Unsafe.Add(ref known, at)) : IsTailSame(ref first, ref known))
                continue;
            ref var change = ref changes[changed++];
            change.Node = GroupOf(ref first, group);
            (change.Hash, change.Expected, change.Group) = (change.Node.Hash, count, group);
            if (group < StateTree.Fan / 2)
                broken.Low = Unknown;
            else
                broken.High = Unknown;
        }
        return broken;
    }

    private readonly void Hash(ref Expected each)
    {
        if (each.Low == Unknown)
        {
            each.LowHash = new Quartet(each.Groups.GetLower()).Hash;
            StateTree.Fetch(in tree.Halves.SlotOf(each.LowHash));
        }
        if (each.High == Unknown)
        {
            each.HighHash = new Quartet(each.Groups.GetUpper()).Hash;
            StateTree.Fetch(in tree.Halves.SlotOf(each.HighHash));
        }
    }

    private readonly void ForeseeHalves(in Expected each)
    {
        if (each.Low == Unknown)
            tree.Halves.Foresee(each.LowHash);
        if (each.High == Unknown)
            tree.Halves.Foresee(each.HighHash);
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
            numbers = With(numbers, leaf, tree.Parts.Number(new Octet(LeafAt(ref first, group * fan + leaf))));
        }
        return new Octet(numbers);
    }

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

    private readonly ulong PairOf(in Expected each)
    {
        var low = each.Low != Unknown ? each.Low : tree.Halves.Number(new Quartet(each.Groups.GetLower()), each.LowHash);
        var high = each.High != Unknown ? each.High : tree.Halves.Number(new Quartet(each.Groups.GetUpper()), each.HighHash);
        return (ulong)high << NodeTable<Quartet>.NumberBits | low;
    }

    private struct Expected
    {
        public Vector256<uint> Groups;

        public ulong LowHash;

        public ulong HighHash;

        /// <summary>Number of a half, or <see cref="Unknown"/>.</summary>
        public uint Low;
        public uint High;

        public ulong Pair;
    }

    /// <summary>A group that an expected state has and the loaded one has not.</summary>
    private struct Change
    {
        public Octet Node;

        public ulong Hash;

        public int Expected;

        public int Group;
    }
}
