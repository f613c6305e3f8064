using System.Buffers.Binary;

namespace VfioFuzz.Programs;

/// <summary>
/// Where bounded choices come from: a seed, or bytes that somebody else chose (AFL, a replay); where bytes end every
/// choice is 0, which is why makers put the simplest alternative first. What was drawn is kept as bytes that draw the
/// same again. Reusable: a filled buffer is kept by <see cref="Reset(ulong)"/>.
/// </summary>
public sealed class Choices
{
    private readonly bool ofBytes;
    private byte[] buffer;
    private int length;
    private int position;
    private Randomness randomness;

    private Choices(bool ofBytes, byte[] buffer, int length)
    {
        this.ofBytes = ofBytes;
        this.buffer = buffer;
        this.length = length;
    }

    public static Choices OfSeed(ulong seed)
    {
        var choices = new Choices(false, new byte[512], 0);
        choices.Reset(seed);
        return choices;
    }

    public static Choices OfBytes(ReadOnlySpan<byte> bytes) => new(true, bytes.ToArray(), bytes.Length);

    /// <summary>Starts the choices of another seed.</summary>
    /// <exception cref="InvalidOperationException">These choices come from bytes.</exception>
    public void Reset(ulong seed)
    {
        if (ofBytes)
            throw new InvalidOperationException("choices of bytes have no seed");
        randomness = new Randomness(seed);
        position = 0;
        length = 0;
    }

    /// <summary>What was drawn so far: <see cref="OfBytes"/> of it draws the same.</summary>
    public ReadOnlySpan<byte> Drawn => buffer.AsSpan(0, position);

    /// <summary>Whether bytes have run out; never for a seed.</summary>
    public bool IsExhausted => ofBytes && position >= length;

    /// <summary>
    /// A choice among <paramref name="bound"/> alternatives; nothing is drawn when there is only one.
    /// </summary>
    public int Below(int bound)
    {
        if (bound <= 1)
            return 0;
        return bound <= 1 << 8 ? (int)Draw((uint)bound, 1)
            : bound <= 1 << 16 ? (int)Draw((uint)bound, 2)
            : (int)Draw((uint)bound, 4);
    }

    /// <summary>From <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    /// <summary>
    /// True in <paramref name="favourable"/> of <paramref name="outOf"/> cases; false when bytes have run out.
    /// </summary>
    public bool Chance(int favourable, int outOf) => outOf - Below(outOf) <= favourable;

    public T Pick<T>(ReadOnlySpan<T> among) => among[Below(among.Length)];

    /// <summary>64 independent bits.</summary>
    public ulong Bits()
    {
        if (!ofBytes)
            return Record(randomness.Next(), 8);
        return Take(8);
    }

    private ulong Draw(uint bound, int bytes) => ofBytes ? Take(bytes) % bound : Record(randomness.Below(bound), bytes);

    private ulong Record(ulong value, int bytes)
    {
        if (position + 8 > buffer.Length)
            Array.Resize(ref buffer, 2 * buffer.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(position), value);
        position += bytes;
        return value;
    }

    private ulong Take(int bytes)
    {
        ulong value = 0;
        for (var i = 0; i < bytes && position < length; i++)
            value |= (ulong)buffer[position++] << (8 * i);
        return value;
    }
}
