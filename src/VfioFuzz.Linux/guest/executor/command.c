// SPDX-License-Identifier: GPL-2.0-only
/* What the host asks between programs. */
#include <errno.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "supervisor.h"

#define STOCK_TYPE1	"/modules/vfio_iommu_type1.ko"

/* The counters are per CPU and folded lazily; the write folds them, on every CPU. */
static int count_pins(void)
{
	static char text[16384];
	int result = write_text("/proc/sys/vm/stat_refresh", "1");

	if (result < 0)
		return result;
	read_text("/proc/vmstat", text, sizeof(text));
	channel->command_value[0] = number_after(text, "\nnr_foll_pin_acquired");
	channel->command_value[1] = number_after(text, "\nnr_foll_pin_released");
	return 0;
}

/* The stock module comes back when the other does not load, so that the guest stays of use. */
static int swap_type1(void)
{
	int result;

	forget_type1();
	close_device_memory();
	result = sys3(__NR_delete_module, (long)"vfio_iommu_type1", O_NONBLOCK, 0);

	if (result < 0)
		return result;
	result = load_module(channel->command_text);
	if (result < 0)
		load_module(STOCK_TYPE1);
	probe_platform();
	return result;
}

static _Noreturn void power_off(void)
{
	sync();
	channel->command_result = 0;
	__atomic_store_n(&channel->command, WIRE_COMMAND_NONE, __ATOMIC_RELEASE);
	for (;;) {
		reboot(RB_AUTOBOOT);	/* the VM runs with -no-reboot */
		reboot(RB_POWER_OFF);
	}
}

void run_command(void)
{
	u32 command = __atomic_load_n(&channel->command, __ATOMIC_ACQUIRE);
	int result = -EINVAL;

	if (command == WIRE_COMMAND_POWER_OFF)
		power_off();
	else if (command == WIRE_COMMAND_PIN_COUNTERS)
		result = count_pins();
	else if (command == WIRE_COMMAND_SWAP_TYPE1)
		result = swap_type1();
	channel->command_result = result;
	__atomic_store_n(&channel->command, WIRE_COMMAND_NONE, __ATOMIC_RELEASE);
}
