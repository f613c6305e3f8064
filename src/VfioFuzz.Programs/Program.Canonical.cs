using System.Runtime.InteropServices;

namespace VfioFuzz.Programs;

public sealed partial class Program
{
    /// <summary>
    /// The program that means the same in its one form: canonical operations and devices, <c>par</c> blocks numbered
    /// from 1 in their order, a block of one line written as the sequential line that it is.
    /// </summary>
    public Program Canonical()
    {
        var lines = new Line[Lines.Length];
        for (var i = 0; i < lines.Length; i++)
            lines[i] = Lines[i] with { Operation = Lines[i].Operation.Canonical };
        NumberBlocks(lines);
        var world = new World(World.D0.Canonical, World.D1.Canonical, World.D2.Canonical, World.D3.Canonical);
        return new Program(world, ImmutableCollectionsMarshal.AsImmutableArray(lines));
    }

    public bool IsCanonical
    {
        get
        {
            foreach (var line in Lines)
                if (!OperationForm.Knows(line.Operation.Kind))
                    return false;
            return Canonical().Equals(this);
        }
    }

    /// <summary>
    /// A <c>.vprog</c> text that says how to replay itself: what a failing test or an exception shows.
    /// </summary>
    public override string ToString() =>
        ProgramText.Print(new ProgramDocument(this) { Notes = ["give this text to: artifacts/vfiofuzz replay -"] });

    /// <summary>Numbers the blocks of <paramref name="lines"/> in place, as <see cref="Canonical"/> says.</summary>
    internal static void NumberBlocks(Span<Line> lines)
    {
        byte number = 0;
        for (var first = 0; first < lines.Length;)
        {
            var end = first + 1;
            while (end < lines.Length && lines[end].Block == lines[first].Block)
                end++;
            var parallel = lines[first].IsParallel && end - first > 1;
            if (parallel)
                number++;
            for (var i = first; i < end; i++)
                lines[i] = lines[i] with { Block = parallel ? number : (byte)0 };
            first = end;
        }
    }
}
