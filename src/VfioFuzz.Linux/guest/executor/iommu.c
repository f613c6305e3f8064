// SPDX-License-Identifier: GPL-2.0-only
/* Container and group ioctls. On a device fd the same numbers mean other things, so there they are not issued. */
#include <errno.h>
#include <linux/vfio.h>
#include <string.h>
#include <sys/mman.h>

#include "executor.h"

static int on_device(const struct call *call)
{
	return slot_kind(call->process, call->operation->a) >= SLOT_DEVICE;
}

static long issue(const struct call *call, unsigned long command, unsigned long argument)
{
	return sys_ioctl(slot_fd(call->operation->a), command, argument);
}

#define STRUCT_MAX	64
#define WROTE_BACK	EPROTO	/* for a struct that was written to where nothing is promised to be: no call may answer it */

static int same(const void *one, const void *other, u32 size)
{
	const u8 *a = one, *b = other;

	while (size && *a++ == *b++)
		size--;
	return !size;
}

/*
 * The ioctl with its struct as the program wants it; a proper one stays where it is. Who fails writes nothing back
 * (type1-semantics 1.5, 1.6).
 */
static struct answer issue_struct(const struct call *call, unsigned long command, u8 code, void *data, u32 head, u32 size)
{
	u8 before[STRUCT_MAX];
	struct answer answer;

	if (!code) {
		memcpy(before, data, size);
		answer = succeeded(issue(call, command, (unsigned long)data));
		if (answer.error && !same(before, data, size))
			answer = fails(WROTE_BACK);
		return answer;
	}
	answer = succeeded(issue(call, command, hand_over(call, code, data, head, size)));
	if (!answer.error)
		take_back_struct(call, code, data, head, size);
	return answer;
}

struct answer attach_group(const struct call *call)
{
	int container = slot_fd(call->operation->b);

	if (on_device(call))
		return not_run();
	return issue_struct(call, VFIO_GROUP_SET_CONTAINER, call->operation->z, &container, sizeof(container), sizeof(container));
}

struct answer detach_group(const struct call *call)
{
	return on_device(call) ? not_run() : succeeded(issue(call, VFIO_GROUP_UNSET_CONTAINER, 0));
}

struct answer set_iommu(const struct call *call)
{
	return on_device(call) ? not_run() : succeeded(issue(call, VFIO_SET_IOMMU, call->operation->x));
}

struct answer check_extension(const struct call *call)
{
	return on_device(call) ? not_run() : returned(issue(call, VFIO_CHECK_EXTENSION, call->operation->x));
}

struct answer get_api_version(const struct call *call)
{
	return on_device(call) ? not_run() : returned(issue(call, VFIO_GET_API_VERSION, 0));
}

struct answer group_status(const struct call *call)
{
	u8 code = call->operation->b;
	struct vfio_group_status status = { .argsz = stated_size(code, sizeof(status)) };
	struct answer answer;

	if (on_device(call))
		return not_run();
	answer = issue_struct(call, VFIO_GROUP_GET_STATUS, code, &status, sizeof(status), sizeof(status));
	if (!answer.error)
		answer.value = status.flags;
	return answer;
}

struct answer unknown_ioctl(const struct call *call)
{
	return on_device(call) ? not_run() : returned(issue(call, call->operation->x, 0));
}

/* What such a file does not have is refused before anything else is looked at. */
struct answer access_file(const struct call *call)
{
	enum { READ, WRITE };
	int fd = slot_fd(call->operation->a);
	char byte = 0;
	long result;

	if (on_device(call))
		return not_run();
	if (call->operation->x == READ)
		return returned(sys_read(fd, &byte, 1));
	if (call->operation->x == WRITE)
		return returned(sys_write(fd, &byte, 1));
	result = sys_mmap(0, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (result > 0)
		sys_munmap(result, PAGE);
	return result > 0 ? returned(0) : returned(result);
}

struct answer map_dma(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	struct vfio_iommu_type1_dma_map map = {
		.argsz = stated_size(operation->b, sizeof(map)),
		.flags = operation->flags,
		.vaddr = operation->z,
		.iova = operation->x,
		.size = operation->y,
	};
	const struct vfio_iommu_type1_dma_map before = map;
	struct answer answer;

	if (on_device(call))
		return not_run();
	if (map.vaddr >= HUGE_BASE && map.vaddr < HUGE_BASE + HUGE_SIZE)
		shared_store(&area->huge_changed, 1);
	answer = issue_struct(call, VFIO_IOMMU_MAP_DMA, operation->b, &map, sizeof(map), sizeof(map));
	if (!operation->b && !same(&before, &map, sizeof(map)))
		answer = fails(WROTE_BACK);
	return answer;
}

/* As a dirty unmap shows them: how many pages went, and the bits of a range of up to 48. */
static u64 pages_and_bits(const struct call *call, u64 pages)
{
	u64 bits = call->operation->y <= 48 * PAGE ? bitmap_word(call, call->operation->z) & 0xffffffffffffULL : 0;

	return (pages < 0xffff ? pages : 0xffff) << 48 | bits;
}

struct answer unmap_dma(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	struct {
		struct vfio_iommu_type1_dma_unmap head;
		struct vfio_bitmap bitmap;
	} unmap = {
		.head = {
			.argsz = stated_size(operation->b, sizeof(unmap.head)),
			.flags = operation->flags,
			.iova = operation->x,
			.size = operation->y,
		},
	};
	struct answer answer;

	if (on_device(call))
		return not_run();
	if (operation->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
		unmap.bitmap = hand_over_bitmap(call, operation->z, operation->y);
	answer = issue_struct(call, VFIO_IOMMU_UNMAP_DMA, operation->b, &unmap, sizeof(unmap.head), sizeof(unmap));
	if (answer.error)
		return answer;
	answer.value = unmap.head.size;
	if (operation->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
		answer.value = pages_and_bits(call, unmap.head.size / PAGE);
	return answer;
}

struct answer dirty_pages(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	int gets = operation->flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
	struct {
		struct vfio_iommu_type1_dirty_bitmap head;
		struct vfio_iommu_type1_dirty_bitmap_get range;
	} dirty = {
		.head = {
			.argsz = stated_size(operation->b, gets ? sizeof(dirty) : sizeof(dirty.head)),
			.flags = operation->flags,
		},
		.range = { .iova = operation->x, .size = operation->y },
	};
	struct answer answer;

	if (on_device(call))
		return not_run();
	if (gets)
		dirty.range.bitmap = hand_over_bitmap(call, operation->z, operation->y);
	answer = issue_struct(call, VFIO_IOMMU_DIRTY_PAGES, operation->b, &dirty, sizeof(dirty.head), sizeof(dirty));
	if (!answer.error && gets && operation->y <= 64 * PAGE)
		answer.value = bitmap_word(call, operation->z);
	return answer;
}
