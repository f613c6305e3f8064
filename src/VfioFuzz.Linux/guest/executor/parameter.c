// SPDX-License-Identifier: GPL-2.0-only
/* dma_entry_limit of vfio_iommu_type1: the one parameter of the module that programs write. */
#include <errno.h>

#include "executor.h"

/* Open for good: an open and a close cost several times what the write does, and one program in six writes. */
int open_entry_limit(void)
{
	int fd = sys_open(ENTRY_LIMIT, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return fd;
	sys_dup3(fd, FD_ENTRY_LIMIT, 0);
	sys_close(fd);
	return 0;
}

static long write_limit(u32 mappings)
{
	char text[12], *end = text + sizeof(text), *digit = end;
	long result;

	do
		*--digit = '0' + mappings % 10;
	while (mappings /= 10);
	result = sys_write(FD_ENTRY_LIMIT, digit, end - digit);
	if (result == -ENODEV) {	/* the module was swapped for another since this process began */
		result = open_entry_limit();
		if (!result)
			result = sys_write(FD_ENTRY_LIMIT, digit, end - digit);
	}
	return result < 0 ? result : 0;
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
