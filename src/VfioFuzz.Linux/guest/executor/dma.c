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

/* Outside the valid ranges lies what is no memory (interrupts): nothing answers there, and nothing is provoked. */
static int may_be_memory(u64 iova)
{
	u32 i;

	for (i = 0; i < channel->pci_ranges; i++)
		if (iova >= channel->pci_range[i][0] && iova <= channel->pci_range[i][1])
			return 1;
	return 0;
}

static struct answer pci_dma(const struct call *call, int fd)
{
	int write = call->operation->flags & WRITE_ACCESS;
	unsigned int number = area->device[call->operation->a].number;
	u32 iova = call->operation->x & ~(PAGE - 1);
	u8 first, mark;

	if (call->operation->x >> 32)
		return fails(EINVAL);
	if (!(area->dma_engines & 1U << number))
		return not_run();
	if (!may_be_memory(iova))
		return write ? returned(0) : fails(EFAULT);
	if (write)
		return dma_write(fd, number, iova, call->line + 1) < 0 ? fails(EIO) : returned(0);
	if (dma_read(fd, number, iova, &first, &mark) < 0)
		return fails(EIO);
	return mark ? returned(first) : fails(EFAULT);
}

/* An engine has many registers: one user of all engines at a time. The supervisor frees it when its user dies. */
static struct answer exclusive_pci_dma(const struct call *call, int fd)
{
	struct answer answer;

	while (!shared_claim(&area->dma_user, 0, call->task + 1))
		sys_yield();
	answer = pci_dma(call, fd);
	shared_store(&area->dma_user, 0);
	return answer;
}

struct answer device_dma(const struct call *call)
{
	unsigned int device = call->operation->a;
	int fd = fd_of_device(call);

	if (device >= DEVICES || fd < 0)
		return fails(ENODEV);
	return area->device[device].kind == DEVICE_MDEV ? mdev_dma(call, fd) : exclusive_pci_dma(call, fd);
}
