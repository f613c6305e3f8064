// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process 1 of a guest. The agreement with the host (VfioFuzz.Linux):
 *
 *   /init             this program, static
 *   /modules/NAME.ko  uncompressed, without debug information; may lack what the kernel has built in
 *   /modules/order    one file name a line, in loading order:
 *                     irqbypass vfio_virqfd vfio vfio_iommu_type1 vfio-pci-core vfio-pci mdev vfiofuzz_mdev
 *   /config           lines "pci VVVV:DDDD [dma]": devices to bind to vfio-pci, in the order of a world's pci devices;
 *                     dma: an engine that the executor knows how to drive (sdhci.c)
 *   command line      console=ttyS0 quiet panic=-1 oops=panic intel_iommu=on iommu=nopt no_timer_check
 *   QEMU              -device ivshmem-plain over a shared file of WIRE_SLOT_OFFSET + WIRE_SLOTS slots or more, another over 64 KiB
 *                     (the memory of a device that programs map), and for dma
 *                     -drive if=none,id=card,format=raw,file=CARD -device sdhci-pci -device sd-card,drive=card (CARD: 1 MiB of
 *                     anything, not shared between guests)
 *
 * What is missing is said in header.failure, and the magic is written all the same.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "supervisor.h"

static char failure[sizeof(channel->failure)];
static int channel_is_open;

/* The first failure is the one that counts. */
void fail(const char *format, ...)
{
	va_list arguments;

	if (failure[0])
		return;
	va_start(arguments, format);
	vsnprintf(failure, sizeof(failure), format, arguments);
	va_end(arguments);
	fprintf(stderr, "vfiofuzz: %s\n", failure);
	if (channel_is_open)
		memcpy(channel->failure, failure, sizeof(failure));
}

static void mount_all(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (sys_open("/dev/console", O_RDWR) == 0) {
		sys_dup3(0, 1, 0);
		sys_dup3(0, 2, 0);
	}
}

/*
 * An emulated machine gathers no entropy, and without any the kernel condenses its whole pool for every number it
 * needs: a tenth of a fork and exec. Nothing here is secret, and equal guests are easier to compare.
 */
static void feed_random_numbers(void)
{
	static const struct {
		struct rand_pool_info head;
		u32 words[8];
	} seed = { .head = { .entropy_count = 256, .buf_size = 32 }, .words = { 1, 2, 3, 4, 5, 6, 7, 8 } };
	int fd = sys_open("/dev/urandom", O_WRONLY | O_CLOEXEC);

	ioctl(fd, RNDADDENTROPY, &seed);
	sys_close(fd);
}

/* Programs use their own limits and processes; the machine's are out of their way. */
static void raise_limits(void)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	write_text("/proc/sys/kernel/printk_devkmsg", "on");
}

static void make_area(void)
{
	int fd = memfd_create("area", 0);

	if (fd < 0 || ftruncate(fd, (AREAS * sizeof(struct shared_area) + PAGE - 1) & ~(PAGE - 1)))
		fail("no memfd (CONFIG_MEMFD_CREATE)");
	sys_dup3(fd, FD_AREA, 0);
	sys_close(fd);
}

static void describe_guest(void)
{
	struct utsname name;

	uname(&name);
	snprintf(channel->kernel, sizeof(channel->kernel), "%.60s %.60s", name.release, name.version);
	channel->size_operation = sizeof(struct wire_operation);
	channel->size_event = sizeof(struct wire_event);
	channel->size_slot = sizeof(struct wire_slot);
	channel->size_header = sizeof(struct wire_header);
}

_Noreturn void main_of_init(void)
{
	mount_all();
	raise_limits();
	feed_random_numbers();
	make_area();
	open_channel();
	map_shared();
	area->processors = sysconf(_SC_NPROCESSORS_ONLN);
	channel_is_open = 1;
	memcpy(channel->failure, failure, sizeof(failure));
	describe_guest();
	guard_faults();
	watch_children();
	make_mailboxes();
	make_files();
	make_image();
	load_modules();
	make_devices();
	open_cover();
	if (!failure[0])
		probe_platform();
	__atomic_store_n(&channel->magic, WIRE_MAGIC, __ATOMIC_RELEASE);
	supervise();
}
