// SPDX-License-Identifier: GPL-2.0-only
// Not a mutant but a repair: a user thread that wakes in vfio_wait is no kthread, so nobody can have asked it to stop (DL-19).

@@
@@
vfio_wait(...)
{
<...
- kthread_should_stop()
+ ((current->flags & PF_KTHREAD) && kthread_should_stop())
...>
}
