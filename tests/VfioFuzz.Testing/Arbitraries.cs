using FsCheck;
using FsCheck.Fluent;
using VfioFuzz.Programs;

namespace VfioFuzz.Testing;

/// <summary>
/// How FsCheck draws and shrinks the project's values: through the same choices and candidates as every other driver,
/// so that a failing property shows the program that the minimizer would.
/// </summary>
public static class Arbitraries
{
    private static readonly GeneratorOptions TwoThreads = new() { Threads = 2 };

    /// <summary>
    /// Generated programs: sequential ones and such with second threads and <c>par</c> blocks, half and half.
    /// </summary>
    public static Arbitrary<Program> Programs() =>
        Arb.From(
            Seeds.Select(seed => Generator.Generate(Choices.OfSeed(seed), seed % 2 == 0 ? GeneratorOptions.Default : TwoThreads)),
            Candidates.SimplerThan);

    public static Arbitrary<SequentialProgram> SequentialPrograms() =>
        Arb.From(
            Seeds.Select(seed => new SequentialProgram(Generator.Generate(Choices.OfSeed(seed), GeneratorOptions.Default))),
            sample => Candidates.SimplerThan(sample.Program).Select(simpler => new SequentialProgram(simpler)));

    public static Arbitrary<DecodedProgram> DecodedPrograms() =>
        Arb.From(
            Seeds.Select(seed => new DecodedProgram(ProgramBytes.Decode(RandomBytes(seed)))),
            sample => Candidates.SimplerThan(sample.Program).Select(simpler => new DecodedProgram(simpler)));

    /// <summary>Operations of any kind whose operands are any bits at all: mostly not canonical.</summary>
    public static Arbitrary<RawOperation> RawOperations() => Arb.From(Seeds.Select(seed => new RawOperation(AnyOperation(seed))));

    private static Gen<ulong> Seeds =>
        from high in Gen.Choose(0, int.MaxValue)
        from low in Gen.Choose(0, int.MaxValue)
        select (ulong)high << 31 | (uint)low;

    private static byte[] RandomBytes(ulong seed)
    {
        var randomness = new Randomness(seed);
        var bytes = new byte[randomness.Below(400)];
        foreach (ref var value in bytes.AsSpan())
            value = (byte)randomness.Below(256);
        return bytes;
    }

    private static Operation AnyOperation(ulong seed)
    {
        var randomness = new Randomness(seed);
        var form = OperationForm.All[(int)randomness.Below((uint)OperationForm.All.Length)];
        return new Operation(
            form.Kind, new TaskId((byte)randomness.Next()), (byte)randomness.Next(), (byte)randomness.Next(),
            (uint)AnyValue(ref randomness), AnyValue(ref randomness), AnyValue(ref randomness), AnyValue(ref randomness), AnyValue(ref randomness),
            AnyValue(ref randomness));
    }

    /// <summary>Values of every length, and around the window and the ends of 64 bits.</summary>
    private static ulong AnyValue(ref Randomness randomness)
    {
        var value = randomness.Next() >> (int)randomness.Below(64);
        return randomness.Below(4) switch
        {
            0 => Limits.WindowBase + value % 0x20000,
            1 => 0 - value % 0x3000,
            _ => value,
        };
    }
}

/// <summary>A generated program of one thread a process and without <c>par</c> blocks.</summary>
public sealed record SequentialProgram(Program Program)
{
    public override string ToString() => Program.ToString();
}

/// <summary>A program that random bytes decode to: every kind, any operands, nothing plausible about it.</summary>
public sealed record DecodedProgram(Program Program)
{
    public override string ToString() => Program.ToString();
}

/// <summary>An operation with any bits in all its places.</summary>
public sealed record RawOperation(Operation Operation);
