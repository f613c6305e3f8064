// SPDX-License-Identifier: GPL-2.0-only
// Mutant: GET_INFO leaves something in the reserved field of the iova ranges' capability.
@@
expression cap, from;
@@
vfio_iommu_iova_add_cap(...)
{
<...
  cap->nr_iovas = from->nr_iovas;
+ cap->reserved = 1;
...>
}
