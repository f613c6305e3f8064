using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace VfioFuzz.Programs;

/// <summary>The text of single operands.</summary>
internal static class OperandText
{
    private static readonly ImmutableArray<(string Word, ulong Value)> Extensions =
    [
        ("type1", Extension.Type1), ("spapr-tce", Extension.SpaprTce), ("type1v2", Extension.Type1V2), ("dma-cc", Extension.DmaCc),
        ("nesting", Extension.Type1Nesting), ("unmap-all", Extension.UnmapAll), ("update-vaddr", Extension.UpdateVaddr),
    ];

    private static readonly ImmutableArray<(string Word, ulong Value)> MemoryKinds =
    [
        ("anon", (ulong)MemoryKind.Anonymous), ("shared", (ulong)MemoryKind.Shared), ("file", (ulong)MemoryKind.File),
        ("anon-ro", (ulong)MemoryKind.AnonymousReadOnly), ("no-access", (ulong)MemoryKind.NoAccess),
        ("device", (ulong)MemoryKind.Device), ("untouched", (ulong)MemoryKind.Untouched),
    ];

    private static readonly ImmutableArray<(string Word, ulong Value)> Views =
    [
        ("summary", (ulong)InfoView.Summary), ("pgsizes", (ulong)InfoView.PageSizes), ("chain", (ulong)InfoView.Chain),
        ("migration", (ulong)InfoView.Migration), ("first0", (ulong)InfoView.First0), ("first1", (ulong)InfoView.First1),
        ("first2", (ulong)InfoView.First2), ("last0", (ulong)InfoView.Last0), ("last1", (ulong)InfoView.Last1),
        ("last2", (ulong)InfoView.Last2), ("padding", (ulong)InfoView.Padding), ("holes", (ulong)InfoView.Holes),
    ];

    private static readonly ImmutableArray<(string Word, ulong Value)> FileCalls =
        [("read", (ulong)FileCall.Read), ("write", (ulong)FileCall.Write), ("mmap", (ulong)FileCall.Mmap)];

    private static readonly ImmutableArray<(string Word, ulong Value)> Directions =
        [("read", (ulong)Access.Read), ("write", (ulong)Access.Write)];

    private static readonly ImmutableArray<(string Word, ulong Value)> Capabilities = [("raise", 1), ("drop", 0)];

    private static readonly ImmutableArray<(string Word, ulong Value)> Bindings = [("bind", 1), ("unbind", 0)];

    private static readonly ImmutableArray<(string Word, ulong Value)> Switches = [("on", 1), ("off", 0)];

    private static readonly ImmutableArray<(string Word, ulong Value)> Accesses =
    [
        ("rw", (ulong)Access.ReadWrite), ("r", (ulong)Access.Read), ("w", (ulong)Access.Write), ("none", (ulong)Access.None),
    ];

    private static readonly ImmutableArray<(string Word, ulong Value)> MapWords =
    [
        ("rw", (ulong)(MapFlags.Read | MapFlags.Write)), ("r", (ulong)MapFlags.Read), ("w", (ulong)MapFlags.Write),
        ("vaddr", (ulong)MapFlags.Vaddr),
    ];

    private static readonly ImmutableArray<(string Word, ulong Value)> UnmapWords =
    [
        ("all", (ulong)UnmapFlags.All), ("vaddr", (ulong)UnmapFlags.Vaddr), ("dirty", (ulong)UnmapFlags.GetDirtyBitmap),
    ];

    private static readonly ImmutableArray<(string Word, ulong Value)> DirtyWords =
        [("start", (ulong)DirtyFlags.Start), ("stop", (ulong)DirtyFlags.Stop), ("get", (ulong)DirtyFlags.GetBitmap)];

    private static readonly ImmutableArray<(string Word, ulong Value)> CloexecWords = [("cloexec", Operation.CloseOnExecFlag)];

    /// <summary>The flag words of an optional operand.</summary>
    public static ImmutableArray<(string Word, ulong Value)> FlagWords(OperandType type) => type switch
    {
        OperandType.MapFlags => MapWords,
        OperandType.UnmapFlags => UnmapWords,
        OperandType.DirtyFlags => DirtyWords,
        OperandType.Access => Accesses,
        OperandType.CloseOnExec => CloexecWords,
        _ => [],
    };

    /// <summary>Whether bits without a word are written <c>flags=0x..</c>.</summary>
    public static bool HasRawFlags(OperandType type) => type is OperandType.MapFlags or OperandType.UnmapFlags or OperandType.DirtyFlags;

    /// <summary>What the operand is when its words are left out: a pin asks for rw, other flags are none.</summary>
    public static ulong WhenLeftOut(OperandType type) => type == OperandType.Access ? (ulong)Access.ReadWrite : 0;

    /// <summary>Appends the operand with a space before it; nothing when leaving it out means the same.</summary>
    public static void Print(StringBuilder text, Operand operand, ulong value)
    {
        if (HasRawFlags(operand.Type) || operand.Type == OperandType.CloseOnExec)
        {
            PrintFlags(text, operand.Type, value);
            return;
        }
        if (operand.IsHandedOver)
        {
            HandedOverText.Print(text, operand.Type, value);
            return;
        }
        text.Append(' ');
        if (operand.Keyword is { } keyword)
            text.Append(keyword).Append('=');
        _ = operand.Type switch
        {
            OperandType.Device => text.Append('d').Append(value),
            OperandType.Worker => text.Append('d').Append(value).Append(".w0"),
            OperandType.Process => text.Append('p').Append(value),
            OperandType.Page => text.Append("page").Append(value),
            OperandType.Iova or OperandType.Size or OperandType.FileOffset or OperandType.Command => Hex(text, value),
            OperandType.Vaddr => PrintVaddr(text, value),
            OperandType.PageCount or OperandType.MappingCount => Number(text, value),
            OperandType.Limit when value == ulong.MaxValue => text.Append("unlimited"),
            OperandType.Limit => Number(text.Append("pages="), value),
            OperandType.Extension => Named(text, Extensions, value),
            OperandType.Access => Named(text, Accesses, value),
            OperandType.Direction => Named(text, Directions, value),
            OperandType.FileCall => Named(text, FileCalls, value),
            OperandType.MemoryKind => Named(text, MemoryKinds, value),
            OperandType.InfoView => Named(text, Views, value),
            OperandType.ArgumentSize => Number(text, value),
            OperandType.Capability => Named(text, Capabilities, value),
            OperandType.Binding => Named(text, Bindings, value),
            OperandType.Switch => Named(text, Switches, value),
            _ => text.Append(value),
        };
    }

    /// <summary>Reads one operand's text (behind its keyword and <c>=</c>, when it has one).</summary>
    public static bool TryParse(OperandType type, ReadOnlySpan<char> text, out ulong value) => type switch
    {
        OperandType.Slot or OperandType.NewSlot => TryNumber(text, Limits.SlotsMax, out value),
        OperandType.Device => TryName(text, "d", "", Limits.DevicesMax, out value),
        OperandType.Worker => TryName(text, "d", ".w0", Limits.DevicesMax, out value),
        OperandType.Process => TryName(text, "p", "", Limits.ProcessesMax, out value),
        OperandType.Page => TryName(text, "page", "", Limits.WindowPages, out value),
        OperandType.Vaddr => TryVaddr(text, out value),
        OperandType.Extension => TryWord(Extensions, text, out value) || TryNumber(text, out value),
        OperandType.Command => TryNumber(text, out value) && IoctlCommand.Unknown(value) == value,
        OperandType.Direction => TryWord(Directions, text, out value),
        OperandType.FileCall => TryWord(FileCalls, text, out value),
        OperandType.MemoryKind => TryWord(MemoryKinds, text, out value),
        OperandType.InfoView => TryWord(Views, text, out value),
        OperandType.ArgumentSize => TryNumber(text, out value) && value <= uint.MaxValue,
        OperandType.MappingCount => TryNumber(text, 1 + ushort.MaxValue, out value),
        OperandType.Capability => TryWord(Capabilities, text, out value),
        OperandType.Binding => TryWord(Bindings, text, out value),
        OperandType.Switch => TryWord(Switches, text, out value),
        OperandType.Limit => TryLimit(text, out value),
        OperandType.MapFlags or OperandType.UnmapFlags or OperandType.DirtyFlags => TryNumber(text, out value) && value <= uint.MaxValue,
        _ => TryNumber(text, out value),
    };

    /// <summary>A flag word of <paramref name="type"/>.</summary>
    public static bool TryFlagWord(OperandType type, ReadOnlySpan<char> word, out ulong bits) =>
        TryWord(FlagWords(type), word, out bits) || HandedOverText.TryParse(type, word, out bits);

    /// <summary>What a reader should have written, for messages.</summary>
    public static string Expected(Operand operand) => operand.Type switch
    {
        OperandType.Slot => "a slot (0 to 15)",
        OperandType.NewSlot => "the new fd's slot (at=0 to at=15)",
        OperandType.Device => "a device (d0 to d3)",
        OperandType.Worker => "a worker (d0.w0 to d3.w0)",
        OperandType.Process => "a process (p0 to p3)",
        OperandType.Page => "a page (page0 to page15)",
        OperandType.PageCount => "a number of pages (pages=1)",
        OperandType.MappingCount => "a number of mappings of 16 bits (mappings=2)",
        OperandType.Iova => "an iova (iova=0x1000)",
        OperandType.Size => "a size in bytes (size=0x1000)",
        OperandType.Vaddr => "a user address (vaddr=page0, vaddr=page0+0x10, vaddr=huge, vaddr=huge+0x1000 or vaddr=0x1000)",
        OperandType.FileOffset => "an offset in bytes (offset=0x1000)",
        OperandType.Limit => "pages=N or unlimited",
        OperandType.Extension => "an extension (" + Alternatives(Extensions) + " or a number)",
        OperandType.Command => "a command of type 0x3b that no other operation issues (0x3b73)",
        OperandType.Direction => Alternatives(Directions),
        OperandType.FileCall => Alternatives(FileCalls),
        OperandType.MemoryKind => Alternatives(MemoryKinds),
        OperandType.InfoView => Alternatives(Views),
        OperandType.ArgumentSize => "an argsz of 32 bits (argsz=0x1000)",
        _ when operand.IsHandedOver => HandedOverText.Expected(operand.Type),
        OperandType.Capability => Alternatives(Capabilities),
        OperandType.Binding => Alternatives(Bindings),
        OperandType.Switch => Alternatives(Switches),
        OperandType.MapFlags or OperandType.UnmapFlags or OperandType.DirtyFlags => Alternatives(FlagWords(operand.Type)) + " or flags=0x0",
        _ => Alternatives(FlagWords(operand.Type)),
    };

    /// <summary>The operand in the grammar.</summary>
    public static string Grammar(Operand operand) => operand.Type switch
    {
        OperandType.Slot => "SLOT",
        OperandType.NewSlot => "at=SLOT",
        OperandType.Device => "DEVICE",
        OperandType.Worker => "WORKER",
        OperandType.Process => "PROCESS",
        OperandType.Page => "PAGE",
        OperandType.PageCount => "pages=N",
        OperandType.MappingCount => "mappings=N",
        OperandType.Iova => "iova=N",
        OperandType.Size => "size=N",
        OperandType.Vaddr => "vaddr=ADDRESS",
        OperandType.FileOffset => "offset=N",
        OperandType.Limit => "pages=N|unlimited",
        OperandType.Extension => "EXTENSION",
        OperandType.Command => "COMMAND",
        OperandType.Direction => "read|write",
        OperandType.FileCall => "read|write|mmap",
        OperandType.MemoryKind => "anon|shared|file|anon-ro|no-access|device|untouched",
        OperandType.Capability => "raise|drop",
        OperandType.Binding => "bind|unbind",
        OperandType.Switch => "on|off",
        OperandType.InfoView => "VIEW",
        OperandType.ArgumentSize => "argsz=N",
        _ when operand.IsHandedOver => HandedOverText.Grammar(operand.Type),
        OperandType.MapFlags => "[r|w|rw] [vaddr]",
        OperandType.UnmapFlags => "[all] [vaddr] [dirty]",
        OperandType.DirtyFlags => "[start] [stop] [get]",
        OperandType.Access => "[rw|r|w|none]",
        _ => "[cloexec]",
    };

    private static string Alternatives(ImmutableArray<(string Word, ulong Value)> words) =>
        string.Join(", ", words.Select(pair => pair.Word));

    private static void PrintFlags(StringBuilder text, OperandType type, ulong value)
    {
        var rest = value;
        var start = text.Length;
        foreach (var (word, bits) in FlagWords(type))
        {
            if (bits == 0 || (rest & bits) != bits)
                continue;
            text.Append(' ').Append(word);
            rest &= ~bits;
        }
        if (rest == 0)
            return;
        text.Length = start;
        Hex(text.Append(" flags="), value);
    }

    private static StringBuilder PrintVaddr(StringBuilder text, ulong value)
    {
        if (value is >= Limits.HugeBase and < Limits.HugeEnd)
            return value == Limits.HugeBase ? text.Append("huge") : Hex(text.Append("huge+"), value - Limits.HugeBase);
        if (value is < Limits.WindowBase or >= Limits.WindowEnd)
            return Hex(text, value);
        var (page, rest) = Math.DivRem(value - Limits.WindowBase, Limits.PageSize);
        text.Append("page").Append(page);
        return rest == 0 ? text : Hex(text.Append('+'), rest);
    }

    private static StringBuilder Named(StringBuilder text, ImmutableArray<(string Word, ulong Value)> words, ulong value)
    {
        foreach (var (word, named) in words)
            if (named == value)
                return text.Append(word);
        return Number(text, value);
    }

    private static StringBuilder Number(StringBuilder text, ulong value) =>
        value < 1_000_000 ? text.Append(value) : Hex(text, value);

    private static StringBuilder Hex(StringBuilder text, ulong value) =>
        text.Append("0x").Append(value.ToString("x", CultureInfo.InvariantCulture));

    private static bool TryWord(ImmutableArray<(string Word, ulong Value)> words, ReadOnlySpan<char> text, out ulong value)
    {
        foreach (var (word, named) in words)
        {
            if (!text.SequenceEqual(word))
                continue;
            value = named;
            return true;
        }
        value = 0;
        return false;
    }

    private static bool TryName(ReadOnlySpan<char> text, string before, string after, int count, out ulong value)
    {
        value = 0;
        return text.Length > before.Length + after.Length
            && text.StartsWith(before) && text.EndsWith(after)
            && TryNumber(text[before.Length..^after.Length], count, out value);
    }

    private static bool TryHuge(ReadOnlySpan<char> rest, out ulong value)
    {
        value = 0;
        if (rest.Length > 0 && (rest[0] != '+' || !TryNumber(rest[1..], out value) || value is 0 or >= Limits.HugeEnd - Limits.HugeBase))
            return false;
        value += Limits.HugeBase;
        return true;
    }

    private static bool TryVaddr(ReadOnlySpan<char> text, out ulong value)
    {
        if (text.StartsWith("huge"))
            return TryHuge(text["huge".Length..], out value);
        if (!text.StartsWith("page"))
            return TryNumber(text, out value);
        var plus = text.IndexOf('+');
        ulong offset = 0;
        if (plus >= 0 && !TryNumber(text[(plus + 1)..], (int)Limits.PageSize, out offset))
        {
            value = 0;
            return false;
        }
        var found = TryName(plus < 0 ? text : text[..plus], "page", "", Limits.WindowPages, out var page);
        value = Limits.WindowBase + page * Limits.PageSize + offset;
        return found;
    }

    private static bool TryLimit(ReadOnlySpan<char> text, out ulong value)
    {
        value = ulong.MaxValue;
        if (text.SequenceEqual("unlimited"))
            return true;
        return text.StartsWith("pages=") && TryNumber(text["pages=".Length..], out value);
    }

    private static bool TryNumber(ReadOnlySpan<char> text, int count, out ulong value) =>
        TryNumber(text, out value) && value < (ulong)count;

    /// <summary>A decimal number, or a hexadecimal one behind <c>0x</c>.</summary>
    internal static bool TryNumber(ReadOnlySpan<char> text, out ulong value) =>
        text.StartsWith("0x")
            ? ulong.TryParse(text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
