// SPDX-License-Identifier: GPL-2.0-only
/*
 * Process images and what programs do to processes. Every process is a child of the supervisor (CLONE_PARENT),
 * which alone reaps: "exit" and "kill" return when it has.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "executor.h"

#define CAPABILITY_WORDS	2

void map_shared(void)
{
	struct wire_header *header;

	sys_mmap(AREA_BASE, AREAS * sizeof(struct shared_area), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, FD_AREA, 0);
	header = (void *)sys_mmap(CHANNEL_BASE, WIRE_SLOT_OFFSET + WIRE_SLOTS * sizeof(struct wire_slot),
				  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, FD_CHANNEL, 0);
	if (header != channel)
		sys_exit_group(1);
}

/* The current process is number @process and stands, with the memory and slots it has. */
_Noreturn void main_of_process(unsigned int number)
{
	struct process *process = &area->process[number];

	sys_close_range(STRAY_FD_FIRST, STRAY_FD_LAST);
	shared_store(&process->pid, (int)sys3(__NR_getpid, 0, 0, 0));
	if (area->second_threads & 1U << number)
		start_second_thread(number);
	if (!shared_claim(&process->ready, 0, 1))
		sys_exit_group(0);
	sys_futex_wake(&process->ready);
	run_task(number * THREADS);
}

struct answer fork_process(const struct call *call)
{
	unsigned int number = call->operation->a;
	struct process *child = &area->process[number];
	long pid;

	if (number >= PROCESSES || !shared_claim(&child->life, LIFE_NONE, LIFE_LIVE))
		return not_run();
	shared_store(&child->ready, 0);
	memcpy(child->slot, area->process[call->process].slot, sizeof(child->slot));
	area->task[number * THREADS].capability_dropped = area->task[call->task].capability_dropped;
	pid = sys6(__NR_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0, 0);
	if (!pid)
		main_of_process(number);
	if (pid < 0) {
		shared_store(&child->life, LIFE_NONE);
		return fails(-pid);
	}
	while (!shared_load(&child->ready))
		sys_futex_wait(&child->ready, 0, NULL);
	return returned(0);
}

struct answer exec_image(const struct call *call)
{
	char task[2] = { '0' + call->task, 0 };
	char *arguments[] = { "vfiofuzz-exec", task, NULL }, *environment[] = { NULL };

	return returned(sys3(__NR_execve, (long)EXEC_IMAGE, (long)arguments, (long)environment));
}

static void forget_closed_slots(struct process *process)
{
	unsigned int slot;

	for (slot = 0; slot < SLOTS; slot++)
		if (process->slot[slot] && sys_fcntl(slot_fd(slot), F_GETFD, 0) < 0)
			process->slot[slot] = SLOT_EMPTY;
}

/* The new image of an exec: the line that called it has succeeded, and the lines of its thread go on. */
_Noreturn void main_of_exec(unsigned int task)
{
	struct process *process;
	struct record *record;

	map_shared();
	process = &area->process[process_of(task)];
	record = &area->record[__builtin_ctzll(shared_load(&area->task[task].lines))];
	guard_faults();
	make_window();
	forget_closed_slots(process);
	memset(process->filler, 0, sizeof(process->filler));	/* its sibling's */
	shared_store(&area->task[task ^ 1].gone, 1);
	shared_store(&process->replaced, 1);
	area->task[task].capability_dropped = 0;
	record->answer = returned(0);	/* run_task finishes the line */
	run_task(task);
}

struct answer exit_process(const struct call *call)
{
	shared_store(&area->process[call->process].dying, 1);
	sys_exit_group(0);
}

struct answer kill_process(const struct call *call)
{
	struct process *victim = &area->process[call->operation->a % PROCESSES];

	if (call->operation->a >= PROCESSES || shared_load(&victim->life) != LIFE_LIVE)
		return fails(ESRCH);
	while (!shared_load(&victim->ready))
		sys_futex_wait(&victim->ready, 0, NULL);
	shared_store(&victim->dying, 1);
	sys3(__NR_kill, victim->pid, SIGKILL, 0);
	while (shared_load(&victim->life) == LIFE_LIVE)
		sys_futex_wait(&victim->life, LIFE_LIVE, NULL);
	return returned(0);
}

struct answer observe(const struct call *call)
{
	return returned(locked_pages(area->process[call->process].pid));
}

struct answer set_limit(const struct call *call)
{
	u64 pages = call->operation->x;
	struct rlimit limit = { pages < RLIM_INFINITY / PAGE ? pages * PAGE : RLIM_INFINITY, RLIM_INFINITY };

	shared_store(&area->limit_changed, 1);
	return returned(sys6(__NR_prlimit64, 0, RLIMIT_MEMLOCK, (long)&limit, 0, 0, 0));
}

/* type1 asks capable(): the effective set decides, so the permitted one is kept and the capability can come back. */
struct answer set_capability(const struct call *call)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[CAPABILITY_WORDS] = {};
	u32 raised = call->operation->flags & 1;
	long result = sys3(__NR_capget, (long)&header, (long)data, 0);

	if (result < 0)
		return returned(result);
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	data[0].effective |= raised << CAP_IPC_LOCK;
	area->task[call->task].capability_dropped = !raised;
	return returned(sys3(__NR_capset, (long)&header, (long)data, 0));
}
