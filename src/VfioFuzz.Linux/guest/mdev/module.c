// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test mdev for the external users' half of VFIO type1: vfio_pin_pages, vfio_unpin_pages and vfio_dma_rw on
 * request, from the caller, a kworker or a thread, with drivers of several shapes. Linux 6.1 .. 6.12. (The sample
 * mdevs of the tree never pin.)
 *
 * Devices are made through /sys/class/misc/vfiofuzz/mdev_supported_types/misc-pins/create.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "driver.h"

static ssize_t describe(struct mdev_type *type, char *text)
{
	return sysfs_emit(text, "pins, unpins, reads and writes on request\n");
}

static struct mdev_driver driver = {
	.device_api = "vfiofuzz",
	.max_instances = VFIOFUZZ_DEVICES_MAX,
	.probe = vfiofuzz_probe,
	.remove = vfiofuzz_remove,
	.show_description = describe,
	.driver = {
		.name = "vfiofuzz_mdev",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
	},
};

static struct mdev_type type = { .sysfs_name = "pins", .pretty_name = "vfiofuzz" };
static struct mdev_type *types[] = { &type };
static struct mdev_parent parent;

/*
 * No program uses interrupts of the machine's pci devices. For one with a pin every enable and disable evaluates
 * the firmware's table of routes (_PRT): under emulation five sixths of what an open and a close of a vfio-pci device cost.
 * Devices that have no driver by now are those that vfio-pci is to get.
 */
static void __init forget_interrupt_pins(void)
{
	struct pci_dev *device = NULL;

	for_each_pci_dev(device)
		if (!pci_dev_driver(device))
			device->pin = 0;
}

static int __init start(void)
{
	int result = mdev_register_driver(&driver);

	if (result)
		return result;
	forget_interrupt_pins();
	result = host_driver_register();
	if (result)
		goto unregister_driver;
	result = misc_register(&vfiofuzz_control);
	if (result)
		goto unregister_host;
	result = mdev_register_parent(&parent, vfiofuzz_control.this_device, &driver, types, ARRAY_SIZE(types));
	if (result)
		goto deregister_control;
	return 0;
deregister_control:
	misc_deregister(&vfiofuzz_control);
unregister_host:
	host_driver_unregister();
unregister_driver:
	mdev_unregister_driver(&driver);
	return result;
}

static void __exit stop(void)
{
	mdev_unregister_parent(&parent);
	misc_deregister(&vfiofuzz_control);
	host_driver_unregister();
	mdev_unregister_driver(&driver);
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Test mdev that drives the external users' half of VFIO type1");
