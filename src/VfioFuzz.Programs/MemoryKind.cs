namespace VfioFuzz.Programs;

/// <summary>What backs pages of the window.</summary>
public enum MemoryKind : byte
{
    /// <summary>Private anonymous, read-write.</summary>
    Anonymous = 0,

    /// <summary>MAP_SHARED of the world's memfd s0 at the page's own offset: survives exec when mapped again.</summary>
    Shared = 1,

    /// <summary>MAP_SHARED of the world's file f0 at the page's own offset.</summary>
    File = 2,

    /// <summary>Private anonymous, PROT_READ.</summary>
    AnonymousReadOnly = 3,

    /// <summary>Private anonymous, PROT_NONE: there, and nobody may look; to every call as good as unmapped.</summary>
    NoAccess = 4,

    /// <summary>
    /// MAP_SHARED of the memory of a pci device that vfio-pci drives and the harness alone holds open, at the page's own offset; tag 0 at
    /// the start of every program. Pages without struct page (VM_PFNMAP): the iommu maps them, nobody is charged for them.
    /// </summary>
    Device = 5,

    /// <summary>
    /// Private anonymous, PROT_READ, that nobody has touched: whoever reads it meets the kernel's one page of zeros, and whether a pin makes a page
    /// of its own is a promise of the release (corrections C9). Other pages are marked beside their tag, these cannot be.
    /// </summary>
    Untouched = 6,
}

/// <summary>What is known of all kinds of memory.</summary>
public static class MemoryKinds
{
    /// <summary>The kind with the highest code.</summary>
    public const MemoryKind Last = MemoryKind.Untouched;
}
