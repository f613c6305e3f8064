// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver of the host that a pci device's sibling may have: the test module's own (mdev/host.c), since all that counts is that it lets the
 * driver core ask for the DMA of the group. There is one device with a sibling.
 */
#include <errno.h>

#include "executor.h"

enum { BIND = 1 };

struct answer change_sibling(const struct call *call)
{
	unsigned int device = call->operation->a;

	if (device >= DEVICES || !area->device[device].has_sibling)
		return fails(ENODEV);
	shared_store(&area->sibling_changed, 1);
	return succeeded(sys_ioctl(FD_CONTROL, VFIOFUZZ_SIBLING, call->operation->flags & BIND));
}

void restore_sibling(void)
{
	if (shared_swap(&area->sibling_changed, 0))
		sys_ioctl(FD_CONTROL, VFIOFUZZ_SIBLING, 0);
}
