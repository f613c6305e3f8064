namespace VfioFuzz.Programs;

/// <summary>An I/O virtual address: what a device puts on the bus.</summary>
public readonly record struct Iova(ulong Value)
{
    public override string ToString() => $"0x{Value:x}";
}

/// <summary>A host virtual address of the calling process (the uapi's <c>vaddr</c>).</summary>
public readonly record struct HostAddress(ulong Value)
{
    public override string ToString() => $"0x{Value:x}";
}

/// <summary>A length in bytes.</summary>
public readonly record struct ByteCount(ulong Value)
{
    public override string ToString() => $"0x{Value:x}";
}

/// <summary>What a driver may do through a mapping or a pin, seen from the device.</summary>
[Flags]
public enum Access
{
    None = 0,
    Read = 1,
    Write = 2,
    ReadWrite = Read | Write,
}

/// <summary>A kernel release's promise; the data behind each name is VfioFuzz.Model's (type1-semantics 0.1).</summary>
public enum DialectName
{
    /// <summary>No dialect named: the target's own.</summary>
    Unspecified,
    Pre,
    Blk1,
    Blk2,
    Blk3,
    S61,
    Exc,
    Ovf,

    /// <summary>No release: <see cref="Exc"/> with VFIO_UPDATE_VADDR taken out again, as offered on the list (deadlocks 8.3).</summary>
    Removal,

    /// <summary><see cref="Blk3"/> with the notifier chain of v5.19.</summary>
    Chain,

    /// <summary><see cref="Blk3"/> with the waiters list as posted on 2022-10-10.</summary>
    Waiters,

    /// <summary><see cref="Blk3"/> with a flag of the device that vfio_wait tests before and after it sleeps.</summary>
    Sticky,

    /// <summary><see cref="Removal"/> with mappings that keep their file, and MAP_FILE.</summary>
    File,

    /// <summary><see cref="Removal"/> with CHANGE_MM.</summary>
    ChangeMm,

    /// <summary><see cref="Removal"/> with iommufd's MAP_FILE and CHANGE_PROCESS.</summary>
    Iommufd,

    /// <summary><see cref="S61"/> without the guards that keep its waiting code from being reached.</summary>
    Waiting61,
}
