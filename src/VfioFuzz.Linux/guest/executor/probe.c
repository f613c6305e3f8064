// SPDX-License-Identifier: GPL-2.0-only
/* What this machine is: facts that the model is told and does not judge. */
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "executor.h"

#define RANGES_MAX	8
#define BUFFER_IOVA	0x100000
#define UPDATE_VADDR	10	/* VFIO_UPDATE_VADDR, which newer headers name otherwise */

struct opened {
	int container, group;
};

static void close_both(struct opened opened)
{
	sys_close(opened.group);
	sys_close(opened.container);
}

/* A container with the device's group and the v2 driver. */
static int open_with(const struct device *device, struct opened *opened)
{
	opened->container = sys_open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	opened->group = sys_open(device->path, O_RDWR | O_CLOEXEC);
	if (opened->container >= 0 && opened->group >= 0 &&
	    !ioctl(opened->group, VFIO_GROUP_SET_CONTAINER, &opened->container) &&
	    !ioctl(opened->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return 1;
	close_both(*opened);
	return 0;
}

/* Whether type1 does not trust the IOMMU of this device to keep its interrupts in bounds: no isolated MSI. */
static int is_refused_as_unsafe(const struct device *device)
{
	struct opened opened;
	int is_attached;

	allow_unsafe_interrupts(0);
	is_attached = open_with(device, &opened);
	if (is_attached)
		close_both(opened);
	return !is_attached;
}

static void take_ranges(const struct vfio_iommu_type1_info *info)
{
	const struct vfio_iommu_type1_info_cap_iova_range *range;
	u32 at = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0, i;

	channel->pci_page_sizes = info->iova_pgsizes;
	channel->pci_ranges = 0;
	for (; at; at = range->header.next) {
		range = (const void *)((const char *)info + at);
		if (range->header.id != VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			continue;
		for (i = 0; i < range->nr_iovas && i < RANGES_MAX; i++) {
			channel->pci_range[i][0] = range->iova_ranges[i].start;
			channel->pci_range[i][1] = range->iova_ranges[i].end;
		}
		channel->pci_ranges = i;
	}
}

/* Whether the device may read through a mapping that allows it writes only: a freedom of the IOMMU. */
static int reads_write_only(int fd, unsigned int number, int container, u8 *buffer)
{
	struct vfio_iommu_type1_dma_map map = {
		sizeof(map), VFIO_DMA_MAP_FLAG_WRITE, (u64)buffer, BUFFER_IOVA + PAGE, PAGE,
	};
	u8 first, mark = 0;

	buffer[MARK_OFFSET] = MARK;
	return !ioctl(container, VFIO_IOMMU_MAP_DMA, &map) && dma_read(fd, number, map.iova, &first, &mark) >= 0 && mark == MARK;
}

/* Once at boot: the engine's card gets a block for each tag. */
static void probe_dma(const struct device *device, const struct opened *opened)
{
	u8 *buffer = (u8 *)sys_mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vfio_iommu_type1_dma_map map = {
		sizeof(map), VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE, (u64)buffer, BUFFER_IOVA, PAGE,
	};
	int fd = ioctl(opened->group, VFIO_GROUP_GET_DEVICE_FD, device->name);

	if (fd >= 0 && !ioctl(opened->container, VFIO_IOMMU_MAP_DMA, &map) &&
	    dma_prepare(fd, device->number, BUFFER_IOVA, buffer) >= 0) {
		area->dma_engines |= 1U << device->number;
		channel->write_only_reads = reads_write_only(fd, device->number, opened->container, buffer);
	} else
		printf("vfiofuzz: %s is no DMA engine that answers\n", device->name);
	sys_close(fd);
	sys_munmap((u64)buffer, PAGE);
}

static void probe_pci(const struct device *device)
{
	static u8 buffer[4096] __attribute__((aligned(8)));
	struct vfio_iommu_type1_info *info = (void *)buffer;
	struct opened opened;

	if (!open_with(device, &opened)) {
		fail("no type1 container for %s: CONFIG_VFIO_IOMMU_TYPE1", device->name);
		return;
	}
	info->argsz = sizeof(buffer);
	if (!ioctl(opened.container, VFIO_IOMMU_GET_INFO, info))
		take_ranges(info);
	channel->capability_update_vaddr_pci = ioctl(opened.container, VFIO_CHECK_EXTENSION, UPDATE_VADDR) > 0;
	channel->dma_cc = ioctl(opened.container, VFIO_CHECK_EXTENSION, VFIO_DMA_CC_IOMMU) > 0;
	probe_dma(device, &opened);
	close_both(opened);
}

static void probe_mdev(const struct device *device)
{
	struct opened opened;

	if (!open_with(device, &opened)) {
		fail("no type1 container for mdev %s: CONFIG_VFIO_IOMMU_TYPE1", device->name);
		return;
	}
	channel->capability_update_vaddr_mdev = ioctl(opened.container, VFIO_CHECK_EXTENSION, UPDATE_VADDR) > 0;
	close_both(opened);
}

/*
 * The device stays open, in a container of its own that nobody maps anything in: its file alone keeps group and container, and
 * every process has it. What the supervisor writes through its own view is no program's mapping.
 */
void open_device_memory(void)
{
	struct opened opened;
	int fd = -1;

	if (open_with(&offer.memory, &opened)) {
		fd = ioctl(opened.group, VFIO_GROUP_GET_DEVICE_FD, offer.memory.name);
		close_both(opened);
	}
	if (fd < 0) {
		fail("the device with memory for programs does not open");
		return;
	}
	sys_dup3(fd, FD_DEVICE, 0);
	sys_close(fd);
	if (sys_mmap(DEVICE_BASE, WINDOW_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, FD_DEVICE,
		     DEVICE_MEMORY_OFFSET) < 0)
		fail("the memory of %s cannot be mapped (CONFIG_VFIO_PCI_MMAP)", offer.memory.name);
	sys3(__NR_madvise, DEVICE_BASE, WINDOW_PAGES * PAGE, MADV_DONTFORK);
	shared_store(&area->device_changed, 1);
	restore_device_memory();
}

void close_device_memory(void)
{
	sys_munmap(DEVICE_BASE, WINDOW_PAGES * PAGE);
	sys_close(FD_DEVICE);
}

void probe_platform(void)
{
	char text[32];
	unsigned int i;

	if (read_text(ENTRY_LIMIT, text, sizeof(text)) > 0)
		channel->dma_entry_limit = atoi(text);
	open_parameters();
	if (offer.pci)
		channel->unsafe_interrupts = is_refused_as_unsafe(&offer.pci_device[0]);
	/* There are no interrupts to be protected from; programs that want the refusal say so. */
	allow_unsafe_interrupts(1);
	open_device_memory();
	for (i = 0; i < offer.pci; i++)
		probe_pci(&offer.pci_device[i]);
	if (offer.mdev)
		probe_mdev(&offer.mdev_device[0]);
}
