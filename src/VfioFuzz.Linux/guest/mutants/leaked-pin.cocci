// SPDX-License-Identifier: GPL-2.0-only
// Mutant: the last external unpin of a page forgets the page instead of putting it.
@@
identifier unlocked;
expression pfn, prot;
@@
vfio_iova_put_vfio_pfn(...)
{
<...
- unlocked = put_pfn(pfn, prot);
+ unlocked = 1;
...>
}
