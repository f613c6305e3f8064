using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VfioFuzz.Checking.Exploring;

/// <summary>
/// A number for each node, the same one for the same node: it never changes, and 0 is the node of zeros. Readers take no lock; whoever adds a
/// node does.
/// </summary>
internal sealed unsafe class NodeTable : IDisposable
{
    /// <summary>Bits of a number; the rest of a slot is a tag that spares most looks at nodes that are others.</summary>
    public const int NumberBits = 28;

    private const uint NumberMask = (1 << NumberBits) - 1;
    private const int PageBits = 16;
    private const uint CountMax = NumberMask - 1;

    private readonly bool isShared;
    private readonly Lock gate = new();
    private readonly Octet** pages = (Octet**)NativeMemory.AllocZeroed(1 << NumberBits - PageBits, (nuint)sizeof(Octet*));

    /// <summary>Slots whose place larger ones took, when somebody may still read them.</summary>
    private readonly List<Slots> outgrown = [];
    private Slots slots = new(1 << 8);

    /// <summary>Of all slots that are kept, the outgrown ones too.</summary>
    private long slotBytes;
    private uint count;

    /// <param name="isShared">Whether several threads use it.</param>
    public NodeTable(bool isShared)
    {
        this.isShared = isShared;
        slotBytes = slots.Bytes;
        Add(default);
    }

    public long Bytes => (long)count * sizeof(Octet) + slotBytes;

    public uint Count => count;

    /// <summary>No number is left: what <see cref="Number"/> says means nothing any more.</summary>
    public bool IsFull => count >= CountMax;

    public ref readonly Octet this[uint number] => ref pages[number >> PageBits][number & (1 << PageBits) - 1];

    /// <summary>Where <see cref="Number"/> will look.</summary>
    public ref readonly uint SlotOf(ulong hash) => ref *Volatile.Read(ref slots).At((uint)hash);

    /// <summary>Brings near what <see cref="Number(in Octet, ulong)"/> will most likely look at; its slot should be near already.</summary>
    public void Foresee(ulong hash)
    {
        var slot = SlotOf(hash) & NumberMask;
        if (slot != 0)
            StateTree.Fetch(in this[slot - 1]);
    }

    public uint Number(in Octet node) => Number(in node, node.Hash);

    public uint Number(in Octet node, ulong hash)
    {
        var number = Find(Volatile.Read(ref slots), in node, hash);
        return number != 0 ? number - 1 : AddOnce(in node, hash);
    }

    public void Dispose()
    {
        for (var page = 0u; page << PageBits < count; page++)
            LargeMemory.Free(pages[page]);
        NativeMemory.Free(pages);
        slots.Free();
        outgrown.ForEach(each => each.Free());
    }

    /// <summary>The node's number + 1, or 0.</summary>
    private uint Find(Slots slots, in Octet node, ulong hash)
    {
        for (var at = (uint)hash; ; at++)
        {
            var slot = Volatile.Read(ref *slots.At(at));
            if (slot == 0)
                return 0;
            if ((slot ^ Tag(hash)) <= NumberMask && this[(slot & NumberMask) - 1].Is(in node))
                return slot & NumberMask;
        }
    }

    private uint AddOnce(in Octet node, ulong hash)
    {
        lock (gate)
        {
            // Somebody else may have added it meanwhile.
            var number = Find(slots, in node, hash);
            if (number != 0)
                return number - 1;
            return IsFull ? 0 : Add(in node);
        }
    }

    private uint Add(in Octet node)
    {
        if (4L * (count + 1) > 3L * slots.Length)
            Grow();
        ref var page = ref pages[count >> PageBits];
        if (page == null)
            page = (Octet*)LargeMemory.Alloc((nuint)sizeof(Octet) << PageBits);
        page[count & (1 << PageBits) - 1] = node;
        Put(slots, node.Hash, ++count);
        return count - 1;
    }

    private void Grow()
    {
        var (before, larger) = (slots, new Slots(2 * slots.Length));
        for (var number = 0u; number < count; number++)
            Put(larger, this[number].Hash, number + 1);
        Volatile.Write(ref slots, larger);
        slotBytes += larger.Bytes;
        if (isShared)
        {
            outgrown.Add(before);
            return;
        }
        slotBytes -= before.Bytes;
        before.Free();
    }

    private static void Put(Slots slots, ulong hash, uint number)
    {
        var at = (uint)hash;
        while (*slots.At(at) != 0)
            at++;
        // The node is written before those who take no lock can see its number.
        Volatile.Write(ref *slots.At(at), Tag(hash) | number);
    }

    private static uint Tag(ulong hash) => (uint)(hash >> 32) & ~NumberMask;

    /// <summary>A power of two of slots, at most three quarters in use: tag and number + 1; 0: free.</summary>
    private sealed class Slots(uint length)
    {
        private readonly uint* first = (uint*)LargeMemory.AllocZeroed((nuint)length * sizeof(uint));
        private readonly uint mask = length - 1;

        public uint Length => mask + 1;

        public long Bytes => (long)Length * sizeof(uint);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public uint* At(uint number) => first + (number & mask);

        public void Free() => LargeMemory.Free(first);
    }
}
