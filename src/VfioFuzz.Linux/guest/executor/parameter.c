// SPDX-License-Identifier: GPL-2.0-only
/* dma_entry_limit of vfio_iommu_type1: the one parameter of the module that programs write. */
#include "executor.h"

static int write_limit(u32 mappings)
{
	char text[12], *end = text + sizeof(text), *digit = end;
	int fd = sys_open(ENTRY_LIMIT, O_WRONLY | O_CLOEXEC);
	long result;

	do
		*--digit = '0' + mappings % 10;
	while (mappings /= 10);
	result = sys_write(fd, digit, end - digit);
	sys_close(fd);
	return result < 0 ? (int)result : 0;
}

struct answer set_entry_limit(const struct call *call)
{
	shared_store(&area->entry_limit_changed, 1);
	return returned(write_limit(call->operation->x));
}

/* What the machine was probed with. */
void restore_entry_limit(void)
{
	if (shared_swap(&area->entry_limit_changed, 0))
		write_limit(channel->dma_entry_limit);
}
