namespace VfioFuzz.Programs;

/// <summary>
/// What all words of a dirty bitmap say in one: the first word as it is, and of each other word what the call changed of it, times a power of an odd
/// number. So the value is the first word when nothing else was changed, and words can be told one by one, in any order.
/// </summary>
public static class BitmapDigest
{
    /// <summary>Odd, so that no power of it loses bits; as in the guest's argument.c.</summary>
    public const ulong Base = 0x9e37_79b9_7f4a_7c15;

    /// <summary>The factor of the word at <paramref name="index"/>.</summary>
    public static ulong Factor(int index)
    {
        ulong factor = 1, power = Base;
        for (; index != 0; index >>= 1, power *= power)
            if ((index & 1) != 0)
                factor *= power;
        return factor;
    }

    /// <summary>In 48 bits; a digest that has no more stays itself.</summary>
    public static ulong In48Bits(ulong digest) => (digest ^ digest >> 48) & ((1UL << 48) - 1);
}
