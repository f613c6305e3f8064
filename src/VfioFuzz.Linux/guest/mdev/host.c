// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of the host for one function that shares its group with a device of vfio. It does nothing; as it does not say
 * driver_managed_dma, the driver core claims the group's DMA for the kernel before it is probed, and gives it back after its removal.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include "driver.h"

#define SIBLING_VENDOR	0x1b36	/* QEMU's pci-testdev, which no driver of the kernel's takes */
#define SIBLING_DEVICE	0x0005

static DEFINE_MUTEX(host_lock);	/* one binding or unbinding at a time */
static struct pci_dev *sibling;

static int host_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	return 0;
}

/* Without ids: it gets what is overridden to be its own, and only when it is told to. */
static struct pci_driver host_driver = {
	.name = "vfiofuzz_host",
	.probe = host_probe,
};

int host_driver_register(void)
{
	sibling = pci_get_device(SIBLING_VENDOR, SIBLING_DEVICE, NULL);
	return pci_register_driver(&host_driver);
}

void host_driver_unregister(void)
{
	pci_unregister_driver(&host_driver);
	pci_dev_put(sibling);
}

static long bind_sibling(void)
{
	return sibling->dev.driver ? -EBUSY : device_driver_attach(&host_driver.driver, &sibling->dev);
}

static long unbind_sibling(void)
{
	if (!sibling->dev.driver)
		return -ENODEV;
	device_release_driver(&sibling->dev);
	return 0;
}

long host_driver_change(unsigned long bind)
{
	long result;

	if (!sibling)
		return -ENODEV;
	mutex_lock(&host_lock);
	result = bind ? bind_sibling() : unbind_sibling();
	mutex_unlock(&host_lock);
	return result;
}
