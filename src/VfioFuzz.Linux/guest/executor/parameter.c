// SPDX-License-Identifier: GPL-2.0-only
/* Parameters of vfio_iommu_type1 that programs write. */
#include <errno.h>

#include "executor.h"

#define UNSAFE_INTERRUPTS	"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

static int open_at(const char *path, int at)
{
	int fd = sys_open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return fd;
	sys_dup3(fd, at, 0);
	sys_close(fd);
	return 0;
}

/* Open for good: an open and a close cost several times what the write does, and one program in six writes. */
void open_parameters(void)
{
	open_at(ENTRY_LIMIT, FD_ENTRY_LIMIT);
	open_at(UNSAFE_INTERRUPTS, FD_UNSAFE_INTERRUPTS);
}

static int write_parameter(int fd, const char *text, unsigned long size)
{
	long result = sys_write(fd, text, size);

	if (result == -ENODEV) {	/* the module was swapped for another since this process began */
		open_parameters();
		result = sys_write(fd, text, size);
	}
	return result < 0 ? result : 0;
}

static int write_limit(u32 mappings)
{
	char text[12], *end = text + sizeof(text), *digit = end;

	do
		*--digit = '0' + mappings % 10;
	while (mappings /= 10);
	return write_parameter(FD_ENTRY_LIMIT, digit, end - digit);
}

struct answer set_entry_limit(const struct call *call)
{
	shared_store(&area->entry_limit_changed, 1);
	return returned(write_limit(call->operation->x));
}

int allow_unsafe_interrupts(int allowed)
{
	return write_parameter(FD_UNSAFE_INTERRUPTS, allowed ? "Y" : "N", 1);
}

struct answer set_unsafe_interrupts(const struct call *call)
{
	shared_store(&area->unsafe_interrupts_changed, 1);
	return returned(allow_unsafe_interrupts(call->operation->flags & 1));
}

/* What the machine was probed with. */
void restore_parameters(void)
{
	if (shared_swap(&area->entry_limit_changed, 0))
		write_limit(channel->dma_entry_limit);
	if (shared_swap(&area->unsafe_interrupts_changed, 0))
		allow_unsafe_interrupts(1);
}
