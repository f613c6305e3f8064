// SPDX-License-Identifier: GPL-2.0-only
/* The ring: slots in order, commands between them. */
#include "supervisor.h"

#define SPINS_MAX	500	/* looks at an empty ring before the guest gives the host its processor back */
#define REST_US		200

static int submitted(struct wire_slot *slot)
{
	return __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE) == WIRE_SUBMITTED;
}

/* What is known by now is known of both. */
static void start_first_processes(void)
{
	u32 lane;

	*area_of(WIRE_LANE_INPROCESS) = *area_of(WIRE_LANE_PROCESS);
	for (lane = 0; lane < AREAS; lane++) {
		area = area_of(lane);
		start_first_process();
	}
}

_Noreturn void supervise(void)
{
	unsigned int next = 0, idle = 0;

	start_first_processes();
	for (;;) {
		struct wire_slot *slot = ring_slot(next);

		if (__atomic_load_n(&channel->command, __ATOMIC_ACQUIRE) != WIRE_COMMAND_NONE)
			run_command();
		if (submitted(slot)) {
			u64 begun = now_us();

			run_program(slot);
			slot->busy_us = now_us() - begun;
			__atomic_store_n(&slot->state, WIRE_DONE, __ATOMIC_RELEASE);
			next = (next + 1) % WIRE_SLOTS;
			idle = 0;
		} else if (++idle > SPINS_MAX) {
			sys_sleep_us(REST_US);
		}
		channel->heartbeat++;
	}
}
