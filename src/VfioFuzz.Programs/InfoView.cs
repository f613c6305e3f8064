namespace VfioFuzz.Programs;

/// <summary>
/// What a GET_INFO line answers with: the struct and its capability chain hold more than one number. Codes are append-only.
/// </summary>
public enum InfoView : byte
{
    /// <summary>
    /// Bits 0-15 the argsz written back (0xffff when larger), 16-19 the flags, 20-23 the capabilities in the chain (MIGRATION 1, DMA_AVAIL
    /// 2, IOVA_RANGE 4, others 8), 24-31 how many iova ranges, 32-63 dma_avail. Without a chain what lies in it counts as 0.
    /// </summary>
    Summary = 0,

    /// <summary>iova_pgsizes.</summary>
    PageSizes = 1,

    /// <summary>
    /// Bits 0-15 cap_offset as it stands behind the call (0xaaaa when it was not written), then 16 bits for each of the first three
    /// capabilities in the order of the chain: offset (8 bits), id (4), version (4).
    /// </summary>
    Chain = 2,

    /// <summary>Of MIGRATION: bits 0-7 the flags, 8-15 log2 of pgsize_bitmap's lowest bit, 16-23 how many bits it has, 24-63 max_dirty_bitmap_size.</summary>
    Migration = 3,

    /// <summary>The first iova of the first, second and third range, 0 without one.</summary>
    First0 = 4,
    First1 = 5,
    First2 = 6,

    /// <summary>The last iova of the first, second and third range, 0 without one.</summary>
    Last0 = 7,
    Last1 = 8,
    Last2 = 9,

    /// <summary>
    /// What lies between the fields: bits 0-31 the last four bytes of the struct, 32-63 the four behind DMA_AVAIL's avail, 0 without a chain. Bytes
    /// that were not written are 0xaa.
    /// </summary>
    Padding = 10,

    /// <summary>What lies between fields further on: bits 0-31 the four bytes behind MIGRATION's flags, 32-63 IOVA_RANGE's reserved; 0 without one.</summary>
    Holes = 11,
}
