using System.Collections.Immutable;
using VfioFuzz.Programs;

namespace VfioFuzz.Checking;

/// <summary>
/// Programs that give a race of a given program more chances in one run: its block again and again, with the lines that make what the block
/// takes away, and with more work inside each call. Nothing but a run tells whether one of them fails in the same way.
/// </summary>
public static class Amplification
{
    /// <summary>Lines before a block that are repeated with it, at most: to map, to pin, and one for each thread more.</summary>
    private const int LinesAheadMax = 4;

    /// <summary>The variants, plain ones first; empty for a program without a block.</summary>
    /// <param name="program">The program that was seen failing.</param>
    /// <param name="answers">What its lines answered then.</param>
    public static IEnumerable<Program> Of(Program program, ImmutableArray<Answer> answers)
    {
        var plain = IdleLines.LeftOut(program, answers).FirstOrDefault(Races) ?? program;
        if (!Races(plain))
            return [];
        return Repeated(plain).Concat(Repeated(Grown(plain))).Prepend(Grown(plain)).Prepend(plain)
            .Select(variant => variant.Canonical())
            .Where(variant => !variant.Equals(program))
            .Distinct();
    }

    private static bool Races(Program program) => ReproductionPolicy.Races(program);

    /// <summary>The last block as often as lines allow: by itself, and with up to four lines before it, inside the block or before each.</summary>
    private static IEnumerable<Program> Repeated(Program program)
    {
        var lines = program.Lines;
        var end = lines.Length;
        while (!lines[end - 1].IsParallel)
            end--;
        var start = end;
        while (start > 0 && lines[start - 1].Block == lines[end - 1].Block)
            start--;
        for (var ahead = 0; ahead <= LinesAheadMax && ahead <= start; ahead++)
        {
            yield return Repeated(program, start, end, ahead, isOneBlock: true);
            yield return Repeated(program, start, end, ahead, isOneBlock: false);
        }
    }

    private static Program Repeated(Program program, int start, int end, int ahead, bool isOneBlock)
    {
        var first = start - ahead;
        var times = (Limits.LinesMax - first) / (end - first);
        var lines = program.Lines[..first].ToBuilder();
        var block = program.Lines[end - 1].Block;
        for (var time = 0; time < times; time++)
        {
            // Two neighbouring blocks are told apart by their numbers.
            var number = isOneBlock || time % 2 == 0 ? block : (byte)(block + 1);
            for (var line = first; line < end; line++)
                lines.Add(program.Lines[line] with { Block = line >= start || isOneBlock ? number : (byte)0 });
        }
        return new Program(program.World, lines.ToImmutable());
    }

    /// <summary>Pins of all that is left of their mapping: each page of a mapping is a call of its own while the mapping goes.</summary>
    private static Program Grown(Program program) => new(program.World, [.. program.Lines.Select(line =>
        line.Operation.Kind is OperationKind.Pin or OperationKind.SubmitPin
            ? line with { Operation = line.Operation with { Y = Math.Max(line.Operation.Y, PagesFrom(program, line.Operation.X)) } }
            : line)]);

    private static ulong PagesFrom(Program program, ulong iova)
    {
        ulong pages = 0;
        foreach (var line in program.Lines)
        {
            var map = line.Operation;
            if (map.Kind == OperationKind.Map && iova - map.X < map.Y)
                pages = Math.Max(pages, (map.Y - (iova - map.X)) / Limits.PageSize);
        }
        return Math.Min(pages, Limits.WindowPages);
    }
}
