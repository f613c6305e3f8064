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
static struct answer issue_struct(const struct call *call, unsigned long command, u64 code, void *data, u32 head, u32 size)
{
	u8 before[STRUCT_MAX];
	struct answer answer;

	memcpy(before, data, size);
	if (!code) {
		answer = succeeded(issue(call, command, (unsigned long)data));
	} else {
		answer = succeeded(issue(call, command, hand_over(call, code, data, head, size)));
		take_back_struct(call, code, data, head, size);
	}
	if (answer.error && !same(before, data, size))
		answer = fails(WROTE_BACK);
	return answer;
}

enum other_fd { FD_OF_SLOT, FD_MINUS_ONE, FD_LEAST, FD_MOST, FD_EVENTFD, FD_PATH, FD_DIRECTORY };

/* The fd that SET_CONTAINER is given; one that is made for the call is the caller's to close. */
static int attached_fd(const struct wire_operation *operation)
{
	switch (operation->x) {
	case FD_OF_SLOT:
		return slot_fd(operation->b);
	case FD_LEAST:
		return INT32_MIN;
	case FD_MOST:
		return INT32_MAX;
	case FD_EVENTFD:
		return sys3(__NR_eventfd2, 0, 0, 0);
	case FD_PATH:
		return sys_open("/", O_PATH);
	case FD_DIRECTORY:
		return sys_open("/", O_RDONLY | O_DIRECTORY);
	default:
		return -1;
	}
}

struct answer attach_group(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	struct answer answer;
	int container;

	if (on_device(call))
		return not_run();
	container = attached_fd(operation);
	answer = issue_struct(call, VFIO_GROUP_SET_CONTAINER, operation->w, &container, sizeof(container), sizeof(container));
	if (operation->x >= FD_EVENTFD)
		sys_close(container);
	return answer;
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
	u64 code = call->operation->w;
	struct vfio_group_status status = { .argsz = stated_size(code, sizeof(status)) };
	struct answer answer;

	if (on_device(call))
		return not_run();
	answer = issue_struct(call, VFIO_GROUP_GET_STATUS, code, &status, sizeof(status), sizeof(status));
	if (!answer.error && status.argsz != stated_size(code, sizeof(status)))
		return fails(WROTE_BACK);
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
		.argsz = stated_size(operation->w, sizeof(map)),
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
	answer = issue_struct(call, VFIO_IOMMU_MAP_DMA, operation->w, &map, sizeof(map), sizeof(map));
	if (!same(&before, &map, sizeof(map)))
		answer = fails(WROTE_BACK);
	return answer;
}

/* As a dirty unmap shows them: how many pages went, and what the bitmap says in 48 bits. */
static u64 pages_and_bits(const struct call *call, u64 pages)
{
	u64 digest = bitmap_digest(call);

	return (pages < 0xffff ? pages : 0xffff) << 48 | ((digest ^ digest >> 48) & 0xffffffffffffULL);
}

struct answer unmap_dma(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	struct {
		struct vfio_iommu_type1_dma_unmap head;
		struct vfio_bitmap bitmap;
	} unmap = {
		.head = {
			.argsz = stated_size(operation->w, sizeof(unmap.head)),
			.flags = operation->flags,
			.iova = operation->x,
			.size = operation->y,
		},
	}, before;
	struct answer answer;

	if (on_device(call))
		return not_run();
	if (operation->flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP)
		unmap.bitmap = hand_over_bitmap(call);
	before = unmap;
	answer = issue_struct(call, VFIO_IOMMU_UNMAP_DMA, operation->w, &unmap, sizeof(unmap.head), sizeof(unmap));
	if (answer.error)
		return answer;
	answer.value = unmap.head.size;
	before.head.size = unmap.head.size;
	if (!same(&before, &unmap, sizeof(unmap)))
		return fails(WROTE_BACK);
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
			.argsz = stated_size(operation->w, gets ? sizeof(dirty) : sizeof(dirty.head)),
			.flags = operation->flags,
		},
		.range = { .iova = operation->x, .size = operation->y },
	}, before;
	struct answer answer;

	if (on_device(call))
		return not_run();
	if (gets)
		dirty.range.bitmap = hand_over_bitmap(call);
	before = dirty;
	answer = issue_struct(call, VFIO_IOMMU_DIRTY_PAGES, operation->w, &dirty, sizeof(dirty.head), sizeof(dirty));
	if (!same(&before, &dirty, sizeof(dirty)))
		return fails(WROTE_BACK);
	if (!answer.error && gets)
		answer.value = bitmap_digest(call);
	return answer;
}
