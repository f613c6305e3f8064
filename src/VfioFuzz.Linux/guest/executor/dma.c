// SPDX-License-Identifier: GPL-2.0-only
/* What the devices do by themselves: an mdev through its pins, a pci device through the IOMMU. */
#include <errno.h>

#include "executor.h"

enum { WRITE_ACCESS = 2 };

/* An fd of the device that the process holds, or -1. */
static int fd_of_device(const struct call *call)
{
	unsigned int slot;

	for (slot = 0; slot < SLOTS; slot++)
		if (area->process[call->process].slot[slot] == SLOT_DEVICE + call->operation->a)
			return slot_fd(slot);
	return -1;
}

static struct answer mdev_dma(const struct call *call, int fd)
{
	struct vfiofuzz_call operands = {
		.what = VFIOFUZZ_ACCESS, .access = call->operation->flags, .iova = call->operation->x, .tag = call->line + 1,
	};
	long result = sys_ioctl(fd, VFIOFUZZ_CALL, (unsigned long)&operands);

	return returned(result < 0 ? result : (long)operands.value);
}

static struct answer pci_dma(const struct call *call, int fd)
{
	u32 iova = call->operation->x & ~(PAGE - 1);
	u8 first, mark;

	if (call->operation->x >> 32)
		return fails(EINVAL);
	if (!area->dma_engine)
		return not_run();
	if (call->operation->flags & WRITE_ACCESS)
		return dma_write(fd, iova, call->line + 1) < 0 ? fails(EIO) : returned(0);
	if (dma_read(fd, iova, &first, &mark) < 0)
		return fails(EIO);
	return mark ? returned(first) : fails(EFAULT);
}

struct answer device_dma(const struct call *call)
{
	unsigned int device = call->operation->a;
	int fd = fd_of_device(call);

	if (device >= DEVICES || fd < 0)
		return fails(ENODEV);
	return area->device[device].kind == DEVICE_MDEV ? mdev_dma(call, fd) : pci_dma(call, fd);
}
