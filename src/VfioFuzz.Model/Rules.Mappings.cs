namespace VfioFuzz.Model;

public static partial class Rules
{
    /// <summary>The rows of MAP, UNMAP and DIRTY_PAGES.</summary>
    private static Rule[] OfMappings() =>
    [
        new(
            "map.flags",
            "Unknown flags, VADDR with access, and neither of them answer EINVAL before the mutex.",
            "type1-semantics 1.5 rows 2, 6"),
        new("map.alignment", "A zero or misaligned size, iova or vaddr answers EINVAL.", "type1-semantics 1.5 row 7"),
        new(
            "map.wrap",
            "A range whose last byte wraps is refused.",
            "type1-semantics 1.5 rows 5, 8",
            "EINVAL EOVERFLOW"),
        new("map-vaddr.none", "MAP+VADDR where nothing is mapped answers ENOENT.", "type1-semantics 4.4"),
        new(
            "map-vaddr.mismatch",
            "MAP+VADDR needs an exact and invalid mapping, else EINVAL.",
            "type1-semantics 4.4"),
        new(
            "map-vaddr.limit",
            "An owner change is checked against the new owner's limit: ENOMEM, and the mapping stays invalid.",
            "type1-semantics 4.4"),
        new("map-vaddr.ok", "MAP+VADDR gives an invalid mapping its vaddr back.", "type1-semantics 4.4"),
        new("map.exists", "A range that overlaps a mapping answers EEXIST.", "type1-semantics 1.5 row 10"),
        new("map.space", "When dma_avail is used up, MAP answers ENOSPC.", "type1-semantics 1.5 row 11"),
        new(
            "map.iova-range",
            "A range that is not inside one valid iova range answers EINVAL.",
            "type1-semantics 1.5 row 12"),
        new(
            "map.pin",
            "With an iommu domain, MAP pins: memory that is not there or not writable answers EFAULT, and "
                + "nothing changes.",
            "type1-semantics 3"),
        new(
            "map.limit",
            "With an iommu domain, MAP charges: beyond RLIMIT_MEMLOCK without CAP_IPC_LOCK it answers "
                + "ENOMEM, and nothing changes.",
            "type1-semantics 3 Accounting"),
        new(
            "map.ok",
            "MAP records the range, pins and charges it when there is an iommu domain.",
            "type1-semantics 3"),
        new(
            "unmap.flags",
            "Unknown flags, and a dirty bitmap without its operands, answer EINVAL.",
            "type1-semantics 1.6 rows 2-4"),
        new(
            "unmap-vaddr.emulated",
            "With an emulated group attached, UNMAP+VADDR answers EBUSY before every range check.",
            "type1-semantics 1.6 row 5"),
        new(
            "unmap.alignment",
            "ALL with a range, and a zero or misaligned one without, answer EINVAL.",
            "type1-semantics 1.6 rows 7-8'"),
        new("unmap.wrap", "A range whose last byte wraps is refused.", "type1-semantics 1.6 row 9", "EINVAL EOVERFLOW"),
        new(
            "unmap.bisects",
            "In v2, a range that cuts its first or last mapping answers EINVAL.",
            "type1-semantics 1.6 row 11"),
        new(
            "unmap.top",
            "A range that ends at 2^64 passes the checks and finds nothing: 0, size 0.",
            "corrections C4"),
        new(
            "unmap-vaddr.twice",
            "UNMAP+VADDR of an already invalid mapping undoes its own marks and answers EINVAL.",
            "type1-semantics 4.3"),
        new(
            "unmap-vaddr.ok",
            "UNMAP+VADDR marks every mapping of the range invalid and reports their size.",
            "type1-semantics 4.3"),
        new(
            "unmap.callback-waits",
            "UNMAP of a pinned mapping waits for the drivers' callbacks.",
            "type1-semantics 4.2; deadlocks DL-08", "blocked"),
        new(
            "unmap.bug",
            "A mapping that still has pins after 11 notifications is a BUG: the caller dies in the call.",
            "type1-semantics 4.2; corrections C20", "killed"),
        new(
            "unmap.ok",
            "UNMAP removes every whole mapping of the range and reports their size.",
            "type1-semantics 4.1"),
        new(
            "unmap.copy",
            "A size that cannot be written back answers EFAULT; what was unmapped or invalidated stays so.",
            "type1-semantics 1.6 row 13"),
        new(
            "dirty.bitmap",
            "A bitmap in the kernel's half, of no size, beyond 2^28 bytes or too small for the range answers EINVAL before the mutex.",
            "type1-semantics 1.6 row 4, 1.7"),
        new(
            "dirty.tracking",
            "Dirty pages are had while they are tracked, by the smallest page size: else EINVAL.",
            "type1-semantics 1.6 row 10, 1.7"),
        new("dirty.v1", "A v1 container answers EACCES before anything is copied in.", "type1-semantics 1.7 step 1"),
        new("dirty.flags", "Exactly one flag that is known, else EINVAL.", "type1-semantics 1.7 steps 3, 4"),
        new(
            "dirty.too-long",
            "A mapping of 2^31 pages and more cannot be tracked: START, and MAP while tracking, answer EINVAL and change "
                + "nothing; bits of many megabytes may be ENOMEM.",
            "type1-semantics 1.5 row 15, 1.7 START"),
        new("dirty.switch", "START and STOP answer 0, also when there is nothing to do.", "type1-semantics 1.7"),
        new(
            "dirty.range",
            "A range that is empty, misaligned, wraps, ends at 2^64 or cuts its first or last mapping answers EINVAL; since v6.18 "
                + "one that wraps answers EOVERFLOW.",
            "type1-semantics 1.7 GET_BITMAP"),
        new(
            "dirty.copy",
            "A bitmap that cannot be written where a mapping's bits belong answers EFAULT; mappings before it are done.",
            "type1-semantics 1.6 row 12, 1.7"),
        new(
            "dirty.get",
            "Dirty are pages pinned, written by dma_rw, or open to an iommu-backed group; what was read is clean again unless pinned.",
            "type1-semantics 1.7 Dirty sources"),
    ];
}
