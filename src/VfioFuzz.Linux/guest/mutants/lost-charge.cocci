// SPDX-License-Identifier: GPL-2.0-only
// Mutant: the last external unpin of a page in an mdev-only container does not give its charge back.
@@
identifier accounting;
expression dma, pages;
symbol true;
@@
vfio_unpin_page_external(...)
{
<...
- if (accounting) vfio_lock_acct(dma, -pages, true);
...>
}
