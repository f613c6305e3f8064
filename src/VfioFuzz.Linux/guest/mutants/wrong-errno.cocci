// SPDX-License-Identifier: GPL-2.0-only
// Mutant: MAP_DMA over an existing mapping answers EINVAL instead of EEXIST.
@@
identifier ret;
@@
vfio_dma_do_map(...)
{
<...
- ret = -EEXIST;
+ ret = -EINVAL;
...>
}
