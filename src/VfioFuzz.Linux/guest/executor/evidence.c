// SPDX-License-Identifier: GPL-2.0-only
/* What proc tells about a task: whether it sleeps, whether its sleep passes by itself, and where it is stuck. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "supervisor.h"

/*
 * Functions that a task sleeps in for a time that nobody needs to end: grace periods, device resets, polled
 * hardware. A task that sleeps there is at work.
 */
static const char *const passing_functions[] = {
	"msleep", "usleep_range", "wait_rcu_gp", "synchronize_", "rcu_barrier", "expedited", "pci_dev_wait", "pcie_",
	"io_schedule", "wait_on_page", "schedule_timeout", "stop_one_cpu", "stop_machine", "cpuhp",
};

int passing(int pid, int tid)
{
	char path[64], where[64];
	unsigned int i;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/wchan", pid, tid);
	read_text(path, where, sizeof(where));
	for (i = 0; i < sizeof(passing_functions) / sizeof(passing_functions[0]); i++)
		if (strstr(where, passing_functions[i]))
			return 1;
	return 0;
}

/*
 * A number that changes whenever the task runs: its time on a CPU and how often it was given one. Not from "stat" or
 * "status": their readers hold the task's address space while they print, and one that is preempted there keeps it
 * alive past the exec or the death that the next line relies on.
 */
u64 task_progress(int pid, int tid)
{
	char path[64], text[96];
	const char *times;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	if (read_text(path, text, sizeof(text)) <= 0)
		return 0;
	times = strrchr(text, ' ');
	return number_after(text, "") * 1099511628211ULL + (times ? number_after(times, " ") : 0);
}

/* Whether any task of the machine but this one is running or ready to. */
int others_runnable(void)
{
	char text[128], *at;
	int i;

	read_text("/proc/loadavg", text, sizeof(text));
	for (at = text, i = 0; i < 3 && at; i++)
		at = strchr(at + 1, ' ');
	return at && number_after(at, " ") > 1;
}

void add_text(const char *format, ...)
{
	char *text = run.slot->text;
	unsigned long length = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text + length, WIRE_TEXT_MAX - length, format, arguments);
	va_end(arguments);
}

static void describe(const char *name, int pid, int tid)
{
	char path[64], text[2048];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	if (read_text(path, text, sizeof(text)) <= 0 || !(state = strstr(text, "\nState:")))
		return;
	add_text("%s: state %c in ", name, state[8]);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/wchan", pid, tid);
	read_text(path, text, sizeof(text));
	add_text("%s\n", text);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/stack", pid, tid);
	read_text(path, text, sizeof(text));
	add_text("%s", text);
}

/* Every task that is inside a call or dying, and every worker at work: state, place and kernel stack. */
void describe_stuck(void)
{
	struct vfiofuzz_query query;
	unsigned int i;
	char name[16];

	for (i = 0; i < TASKS; i++) {
		struct process *process = &area->process[process_of(i)];

		if (process->life != LIFE_LIVE || (task_idle(i) && !process->dying))
			continue;
		snprintf(name, sizeof(name), "p%u.t%u", process_of(i), i % THREADS);
		describe(name, process->pid, area->task[i].tid);
	}
	query_workers(&query);
	for (i = 0; i < DEVICES; i++) {
		struct device *device = &area->device[i];

		if (device->kind != DEVICE_MDEV || !query.device[device->number].pid)
			continue;
		snprintf(name, sizeof(name), "d%u.w0", i);
		describe(name, query.device[device->number].pid, query.device[device->number].pid);
	}
}
