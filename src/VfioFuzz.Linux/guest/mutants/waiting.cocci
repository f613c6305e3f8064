// SPDX-License-Identifier: GPL-2.0-only
// Not a mutant but a revival: the late 6.1.y type1 still holds the code that waits for a vaddr, behind guards that keep it from
// being reached (type1-semantics 0.1, S61). Without them it is the blocking dialect.

// UNMAP_DMA with VADDR is not refused for a container with mdevs,
@@
identifier wanted, iommu;
statement refusal;
@@
- if (wanted && !list_empty(&iommu->emulated_iommu_groups)) refusal

// nor is the extension denied,
@@
expression iommu;
@@
- iommu && !vfio_iommu_has_emulated(iommu)
+ 1

@@
type boolean;
identifier iommu;
@@
- static boolean vfio_iommu_has_emulated(struct vfio_iommu *iommu) { ... }

// nor a group's attach while a vaddr is invalid,
@@
identifier iommu, out;
@@
vfio_iommu_type1_attach_group(...)
{
<...
- if (iommu->vaddr_invalid_count) goto out;
...>
}

// nor pins, reads and writes.
@@
expression iommu;
statement refusal;
@@
- if (WARN_ONCE(iommu->vaddr_invalid_count, ...)) refusal
