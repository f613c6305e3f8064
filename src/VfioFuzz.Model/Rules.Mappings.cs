namespace VfioFuzz.Model;

public static partial class Rules
{
    /// <summary>The rows of MAP, UNMAP and DIRTY_PAGES.</summary>
    private static Rule[] OfMappings() =>
    [
        new("map.copy-in", "MAP reads its struct before anything else: EFAULT.", "type1-semantics 1.5 row 1"),
        new("map.argsz", "An argsz below 32 answers EINVAL; a larger one is as good as exact.", "type1-semantics 1.5 row 2"),
        new("map.flags", "A flag that MAP does not know answers EINVAL.", "type1-semantics 1.5 row 2"),
        new("map.empty", "Since v6.18, a size of 0 answers EINVAL before the mutex.", "type1-semantics 1.5 row 4"),
        new(
            "map.overflow",
            "Since v6.18, a range whose last byte wraps answers EOVERFLOW before the mutex.",
            "type1-semantics 1.5 row 5"),
        new("map.access", "VADDR with access, and neither of them, answer EINVAL.", "type1-semantics 1.5 row 6"),
        new("map.alignment", "A zero or misaligned size, iova or vaddr answers EINVAL.", "type1-semantics 1.5 row 7"),
        new("map.wrap", "A range whose last byte wraps answers EINVAL.", "type1-semantics 1.5 row 8"),
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
            "map.dirty-too-long",
            "While dirty pages are tracked, a mapping of 2^31 pages and more answers EINVAL; bits of many megabytes may be ENOMEM.",
            "type1-semantics 1.5 row 15"),
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
        new("unmap.copy-in", "UNMAP reads its first 24 bytes before anything else: EFAULT.", "type1-semantics 1.6 row 1"),
        new("unmap.argsz", "An argsz below 24 answers EINVAL; a larger one is as good as exact.", "type1-semantics 1.6 row 2"),
        new("unmap.flags", "A flag that UNMAP does not know answers EINVAL.", "type1-semantics 1.6 row 2"),
        new("unmap.bitmap-alone", "A dirty bitmap beside another flag answers EINVAL.", "type1-semantics 1.6 row 3"),
        new("unmap.bitmap-argsz", "A dirty bitmap that argsz does not cover answers EINVAL.", "type1-semantics 1.6 row 4"),
        new("unmap.bitmap-copy-in", "A dirty bitmap that cannot be read answers EFAULT.", "type1-semantics 1.6 row 4"),
        new("unmap.bitmap-place", "Bits in the kernel's half answer EINVAL.", "type1-semantics 1.6 row 4"),
        new(
            "unmap.bitmap-size",
            "A bitmap of no size, beyond 2^28 bytes or too small for the range answers EINVAL before the mutex.",
            "type1-semantics 1.6 row 4"),
        new(
            "unmap-vaddr.emulated",
            "With an emulated group attached, UNMAP+VADDR answers EBUSY before every range check.",
            "type1-semantics 1.6 row 5"),
        new("unmap.iova", "A misaligned iova answers EINVAL.", "type1-semantics 1.6 row 7"),
        new("unmap.all-range", "ALL with an iova or a size answers EINVAL.", "type1-semantics 1.6 row 8"),
        new("unmap.size", "Without ALL, a size of 0 or a misaligned one answers EINVAL.", "type1-semantics 1.6 row 8'"),
        new("unmap.wrap", "A range whose last byte wraps is refused.", "type1-semantics 1.6 row 9", "EINVAL EOVERFLOW"),
        new(
            "unmap.tracking",
            "Dirty pages are had while they are tracked, by the smallest page size: else EINVAL.",
            "type1-semantics 1.6 row 10"),
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
            "unmap.bitmap-copy",
            "A bitmap that cannot be written where a mapping's bits belong answers EFAULT; mappings before it are gone.",
            "type1-semantics 1.6 row 12"),
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
        new("dirty.v1", "A v1 container answers EACCES before anything is copied in.", "type1-semantics 1.7 step 1"),
        new("dirty.copy-in", "DIRTY_PAGES reads argsz and flags first: EFAULT.", "type1-semantics 1.7 step 2"),
        new("dirty.argsz", "An argsz below 8 answers EINVAL.", "type1-semantics 1.7 step 3"),
        new("dirty.flags", "A flag that DIRTY_PAGES does not know answers EINVAL.", "type1-semantics 1.7 step 3"),
        new("dirty.one-flag", "No flag, and more than one, answer EINVAL.", "type1-semantics 1.7 step 4"),
        new(
            "dirty-start.too-long",
            "A mapping of 2^31 pages and more cannot be tracked: START answers EINVAL and changes nothing; bits of many "
                + "megabytes may be ENOMEM.",
            "type1-semantics 1.7 START"),
        new("dirty.switch", "START and STOP answer 0, also when there is nothing to do.", "type1-semantics 1.7"),
        new("dirty-get.argsz", "An argsz that does not cover the range answers EINVAL.", "type1-semantics 1.7 GET_BITMAP"),
        new("dirty-get.copy-in", "A range that cannot be read answers EFAULT.", "type1-semantics 1.7 GET_BITMAP"),
        new("dirty-get.empty", "Since v6.18, a range of no size answers EINVAL first.", "type1-semantics 1.7 GET_BITMAP"),
        new(
            "dirty-get.wrap",
            "A range whose end is beyond 2^64 - 1 answers EINVAL; since v6.18 one whose last byte is, EOVERFLOW.",
            "type1-semantics 1.7 GET_BITMAP"),
        new("dirty-get.bitmap-place", "Bits in the kernel's half answer EINVAL.", "type1-semantics 1.7 GET_BITMAP"),
        new(
            "dirty-get.bitmap-size",
            "A bitmap of no size, beyond 2^28 bytes or too small for the range answers EINVAL before the mutex.",
            "type1-semantics 1.7 GET_BITMAP"),
        new(
            "dirty-get.page-size",
            "Any but the container's smallest page size answers EINVAL.",
            "type1-semantics 1.7 GET_BITMAP"),
        new("dirty-get.iova", "A misaligned iova answers EINVAL.", "type1-semantics 1.7 GET_BITMAP"),
        new("dirty-get.size", "A misaligned size answers EINVAL.", "type1-semantics 1.7 GET_BITMAP"),
        new("dirty-get.tracking", "Dirty pages are had while they are tracked: else EINVAL.", "type1-semantics 1.7 GET_BITMAP"),
        new(
            "dirty-get.bisects",
            "A range that cuts its first or last mapping answers EINVAL.",
            "type1-semantics 1.7 GET_BITMAP"),
        new(
            "dirty-get.copy",
            "A bitmap that cannot be written where a mapping's bits belong answers EFAULT; mappings before it are done.",
            "type1-semantics 1.7"),
        new(
            "dirty-get.ok",
            "Dirty are pages pinned, written by dma_rw, or open to an iommu-backed group; what was read is clean again unless pinned.",
            "type1-semantics 1.7 Dirty sources"),
    ];
}
