// SPDX-License-Identifier: GPL-2.0-only
/* The channel's device, pci devices for vfio-pci, and test mdevs. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor.h"

#define IVSHMEM		"1af4", "1110"
#define PCI_DEVICES	"/sys/bus/pci/devices"
#define MDEVS		2
#define MDEV_CREATE	"/sys/class/misc/vfiofuzz/mdev_supported_types/misc-pins/create"

struct offer offer;

static int has_id(const char *name, const char *file, const char *wanted)
{
	char path[320], text[16];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", name, file);
	return read_text(path, text, sizeof(text)) > 2 && !strncmp(text + 2, wanted, 4);
}

static int is_offered(const char *name)
{
	unsigned int i;

	for (i = 0; i < offer.pci; i++)
		if (!strcmp(offer.pci_device[i].name, name))
			return 1;
	return 0;
}

static int is_free(const char *name)
{
	return !is_offered(name);
}

/* Two devices of one sort: the channel is the one with much memory, the other is the memory that programs map. */
static u64 memory_of(const char *name)
{
	struct stat status;
	char path[320];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource2", name);
	return stat(path, &status) ? 0 : status.st_size;
}

static int is_device_memory(const char *name)
{
	return memory_of(name) == WINDOW_PAGES * PAGE;
}

static int is_channel(const char *name)
{
	return !is_device_memory(name);
}

/* The bus address of a device with these ids that is one of the wanted. */
static int find_pci(const char *vendor, const char *device, int (*wanted)(const char *name), char name[32])
{
	DIR *directory = opendir(PCI_DEVICES);
	struct dirent *entry;
	int found = 0;

	while (directory && !found && (entry = readdir(directory))) {
		if (!has_id(entry->d_name, "vendor", vendor) || !has_id(entry->d_name, "device", device) ||
		    !wanted(entry->d_name))
			continue;
		snprintf(name, 32, "%.31s", entry->d_name);
		found = 1;
	}
	if (directory)
		closedir(directory);
	return found;
}

static void write_pci(const char *name, const char *file, const char *text)
{
	char path[320];

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", name, file);
	write_text(path, text);
}

/* Without it there is nobody to tell: the console is all that is left. */
void open_channel(void)
{
	char name[32], path[320];
	int fd = -1;

	if (find_pci(IVSHMEM, is_channel, name)) {
		write_pci(name, "enable", "1");
		snprintf(path, sizeof(path), PCI_DEVICES "/%s/resource2", name);
		fd = sys_open(path, O_RDWR | O_CLOEXEC);
	}
	if (fd < 0) {
		fprintf(stderr, "vfiofuzz: no ivshmem device\n");
		for (;;)
			pause();
	}
	sys_dup3(fd, FD_CHANNEL, 0);
	sys_close(fd);
}

/* The number of the group that a device is in, or -1. */
static int group_of(const char *directory)
{
	char path[352], target[256] = "", *slash;

	snprintf(path, sizeof(path), "%s/iommu_group", directory);
	if (readlink(path, target, sizeof(target) - 1) < 0)
		return -1;
	slash = strrchr(target, '/');
	return slash ? atoi(slash + 1) : -1;
}

/* The group of a device that has just got its driver: an mdev's is another one each time. */
static int find_group(struct device *device, const char *bus)
{
	char directory[320];
	int group;

	snprintf(directory, sizeof(directory), "/sys/bus/%s/devices/%s", bus, device->name);
	group = group_of(directory);
	snprintf(device->path, sizeof(device->path), "/dev/vfio/%d", group);
	return group >= 0 && !access(device->path, F_OK);
}

static int enter_device(struct device *device, const char *bus, const char *name)
{
	snprintf(device->name, sizeof(device->name), "%s", name);
	return find_group(device, bus);
}

static void give_to_vfio(const char *name)
{
	write_pci(name, "driver_override", "vfio-pci");
	write_text("/sys/bus/pci/drivers_probe", name);
}

static void bind_device_memory(void)
{
	char name[32];

	if (!find_pci(IVSHMEM, is_device_memory, name)) {
		fail("the pci device with memory for programs is not in the machine");
		return;
	}
	give_to_vfio(name);
	if (!enter_device(&offer.memory, "pci", name))
		fail("pci device %s has no usable IOMMU group", name);
}

/*
 * The function beside a device's function 0, if there is one: without ACS the two cannot be told apart by the IOMMU and are in one
 * group. It is kept for the test module's driver of the host.
 */
static int has_sibling(const char *name)
{
	char sibling[32];
	unsigned int length = snprintf(sibling, sizeof(sibling), "%.31s", name);
	char path[320];

	if (length < 2)
		return 0;
	sibling[length - 1] = '1';
	snprintf(path, sizeof(path), PCI_DEVICES "/%s", sibling);
	if (access(path, F_OK))
		return 0;
	write_pci(sibling, "driver_override", "vfiofuzz_host");
	return 1;
}

static void bind_pci(const char *vendor, const char *id)
{
	struct device *device = &offer.pci_device[offer.pci];
	char name[32];

	if (offer.pci == DEVICES || !find_pci(vendor, id, is_free, name)) {
		fail("pci device %s:%s of /config is not in the machine", vendor, id);
		return;
	}
	give_to_vfio(name);
	device->kind = DEVICE_PCI;
	device->number = offer.pci;
	device->has_sibling = has_sibling(name);
	if (enter_device(device, "pci", name))
		offer.pci++;
	else
		fail("pci device %s has no usable IOMMU group: the kernel needs CONFIG_VFIO_PCI, CONFIG_INTEL_IOMMU and "
		     "intel_iommu=on", name);
}

static void bind_all_pci(void)
{
	static char config[1024];
	char *line, *rest = config, vendor[8], device[8];

	read_text("/config", config, sizeof(config));
	while ((line = strsep(&rest, "\n")) != NULL)
		if (sscanf(line, "pci %4[0-9a-fA-F]:%4[0-9a-fA-F]", vendor, device) == 2)
			bind_pci(vendor, device);
}

static void make_mdev(unsigned int number)
{
	struct device *device = &offer.mdev_device[offer.mdev];
	char uuid[40];

	snprintf(uuid, sizeof(uuid), "76666966-757a-7a00-8000-0000000000%02x", number);
	write_text(MDEV_CREATE, uuid);
	device->kind = DEVICE_MDEV;
	device->number = number;
	if (enter_device(device, "mdev", uuid))
		offer.mdev++;
	else
		fail("test mdev %u does not come up: the kernel needs CONFIG_VFIO_MDEV and the module vfiofuzz_mdev", number);
}

void make_devices(void)
{
	int control = sys_open("/dev/vfiofuzz", O_RDWR | O_CLOEXEC);
	unsigned int number;

	bind_all_pci();
	bind_device_memory();
	if (control >= 0) {
		sys_dup3(control, FD_CONTROL, 0);
		sys_close(control);
	}
	for (number = 0; number < MDEVS; number++)
		make_mdev(number);
	channel->devices_pci = offer.pci;
	channel->devices_mdev = offer.mdev;
}

/* The mdev bus binds nothing to a device that is there: it is made anew, under its name. */
static int bind_again(struct device *device)
{
	char path[96];

	if (device->kind == DEVICE_PCI) {
		write_text(PCI_DRIVER "bind", device->name);
		return find_group(device, "pci");
	}
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove", device->name);
	write_text(path, "1");
	write_text(MDEV_CREATE, device->name);
	return find_group(device, "mdev");
}

/* Whether all have their drivers; one that was not unbound in the end has kept its own. */
int restore_bindings(void)
{
	u32 unbound = shared_swap(&area->unbound, 0);
	int all = 1;
	unsigned int i;

	for (i = 0; i < DEVICES; i++)
		if (unbound >> i & 1)
			all &= bind_again(area->device[i].kind == DEVICE_PCI ? &offer.pci_device[area->device[i].number] :
					  &offer.mdev_device[area->device[i].number]);
	return all;
}
