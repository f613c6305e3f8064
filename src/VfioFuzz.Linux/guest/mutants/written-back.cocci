// SPDX-License-Identifier: GPL-2.0-only
// Mutant: UNMAP_DMA that succeeds writes back another argsz than it was given.
@@
identifier ret;
@@
vfio_iommu_type1_unmap_dma(...)
{
<...
  ret = vfio_dma_do_unmap(...);
  if (ret)
	return ret;
+ unmap.argsz++;
...>
}
