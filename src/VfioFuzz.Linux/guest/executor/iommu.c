// SPDX-License-Identifier: GPL-2.0-only
/* Container and group ioctls. On a device fd the same numbers mean other things, so there they are not issued. */
#include <linux/vfio.h>

#include "executor.h"

static int on_device(const struct call *call)
{
	return slot_kind(call->process, call->operation->a) >= SLOT_DEVICE;
}

static long issue(const struct call *call, unsigned long command, unsigned long argument)
{
	return sys_ioctl(slot_fd(call->operation->a), command, argument);
}

struct answer attach_group(const struct call *call)
{
	int container = slot_fd(call->operation->b);

	return on_device(call) ? not_run() : succeeded(issue(call, VFIO_GROUP_SET_CONTAINER, (unsigned long)&container));
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
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct answer answer;

	if (on_device(call))
		return not_run();
	answer = succeeded(issue(call, VFIO_GROUP_GET_STATUS, (unsigned long)&status));
	if (!answer.error)
		answer.value = status.flags;
	return answer;
}

struct answer unknown_ioctl(const struct call *call)
{
	return on_device(call) ? not_run() : returned(issue(call, call->operation->x, 0));
}

struct answer map_dma(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = operation->flags,
		.vaddr = operation->z,
		.iova = operation->x,
		.size = operation->y,
	};

	return on_device(call) ? not_run() : succeeded(issue(call, VFIO_IOMMU_MAP_DMA, (unsigned long)&map));
}

struct answer unmap_dma(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.flags = operation->flags,
		.iova = operation->x,
		.size = operation->y,
	};
	struct answer answer;

	if (on_device(call))
		return not_run();
	answer = succeeded(issue(call, VFIO_IOMMU_UNMAP_DMA, (unsigned long)&unmap));
	if (!answer.error)
		answer.value = unmap.size;
	return answer;
}
