// SPDX-License-Identifier: GPL-2.0-only
/* Where a program has been in the type1 module, when that is built to tell: guest/cover. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../cover/cover.h"
#include "supervisor.h"

#define TEXT	"/sys/module/vfio_iommu_type1/sections/.text"

static int device = -1;
static const struct cover_area *traced;
static struct wire_coverage *told;
static u32 text;

static void *map(int fd, u64 size, int protection, u64 offset)
{
	long address = sys_mmap(0, size, protection, MAP_SHARED, fd, offset);

	if (address < 0)
		return NULL;
	sys3(__NR_madvise, address, size, MADV_DONTFORK);
	return (void *)address;
}

/* Before the first program. A kernel without the module that collects has nothing to open. */
void open_cover(void)
{
	char start[32];

	device = sys_open("/dev/vfiofuzz_cover", O_RDWR | O_CLOEXEC);
	if (device < 0)
		return;
	traced = map(device, sizeof(*traced), PROT_READ, 0);
	told = map(FD_CHANNEL, WIRE_SLOTS * sizeof(*told), PROT_READ | PROT_WRITE, WIRE_COVERAGE_OFFSET);
	if (!traced || !told || read_text(TEXT, start, sizeof(start)) <= 0)
		fail("coverage cannot be told: %s", "no memory, or no " TEXT);
	else
		text = strtoull(start, NULL, 16);
}

void begin_cover(void)
{
	if (traced)
		sys_write(device, &text, sizeof(text));
}

void tell_cover(unsigned int slot)
{
	struct wire_coverage *coverage = told + slot;
	u32 blocks, steps;

	if (!traced)
		return;
	blocks = traced->blocks < COVER_BLOCKS ? traced->blocks : COVER_BLOCKS;
	steps = traced->steps < WIRE_COVERAGE_MAX - blocks ? traced->steps : WIRE_COVERAGE_MAX - blocks;
	memcpy(coverage->entry, traced->block, blocks * sizeof(u32));
	memcpy(coverage->entry + blocks, traced->step, steps * sizeof(u32));
	coverage->blocks = blocks;
	coverage->steps = steps;
}
