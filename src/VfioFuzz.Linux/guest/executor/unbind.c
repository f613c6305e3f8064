// SPDX-License-Identifier: GPL-2.0-only
/* Devices that lose their driver: the driver core's own files serve pci devices and mdevs alike. devices.c binds them again. */
#include <errno.h>

#include "executor.h"

struct answer unbind_device(const struct call *call)
{
	unsigned int number = call->operation->a;
	const struct device *device = &area->device[number % DEVICES];

	if (number >= DEVICES || device->kind == DEVICE_ABSENT)
		return fails(ENODEV);
	shared_or(&area->unbound, 1U << number);
	return returned(write_text(device->kind == DEVICE_PCI ? PCI_DRIVER "unbind" : MDEV_DRIVER "unbind", device->name));
}
