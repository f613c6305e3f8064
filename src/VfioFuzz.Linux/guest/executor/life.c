// SPDX-License-Identifier: GPL-2.0-only
/* Births and deaths of a program's processes, all of them children of the supervisor. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor.h"

enum { KIND_FORK = 40, KIND_EXIT = 42, KIND_KILL = 43 };

#define BIRTH_MS_MAX	50

static volatile sig_atomic_t changed;

/* Also moves the word that the supervisor waits on, or a death just before the wait would go unnoticed. */
static void on_child(int number)
{
	(void)number;
	changed = 1;
	shared_add(&area->attention, 1);
}

void watch_children(void)
{
	struct sigaction action = { .sa_handler = on_child };

	sigaction(SIGCHLD, &action, NULL);
}

int children_changed(void)
{
	return changed;
}

/* A forking thread died: its child may stand, may be about to, or was never made. */
static void decide_birth(struct process *child)
{
	unsigned int tries;

	for (tries = 0; tries < BIRTH_MS_MAX && !shared_load(&child->ready); tries++)
		sys_sleep_us(1000);
	if (shared_claim(&child->ready, 0, READY_NEVER))
		shared_claim(&child->life, LIFE_LIVE, LIFE_NONE);
}

/* A line that dies inside its call has answered when dying was what it was to do. */
static void end_task(unsigned int number, unsigned int process)
{
	struct task *task = &area->task[number];
	u64 lines = shared_swap(&task->lines, 0);
	unsigned int line = lines ? __builtin_ctzll(lines) : 0;
	struct record *record = &area->record[line];

	task->gone = 1;
	if (shared_claim(&area->dma_user, number + 1, 0))
		shared_store(&area->dma_enabled, 0);
	task->chore = CHORE_NONE;
	if (!lines || record->state != RECORD_CALLED)
		return;
	if (run.slot->operation[line].kind == KIND_EXIT ||
	    (run.slot->operation[line].kind == KIND_KILL && run.slot->operation[line].a == process))
		record->answer = returned(0);
	else
		record->answer = (struct answer){ ANSWER_KILLED, 0, 0 };
	if (run.slot->operation[line].kind == KIND_FORK && run.slot->operation[line].a < PROCESSES)
		decide_birth(&area->process[run.slot->operation[line].a]);
	record->returned = next_ticket();
	record->state = RECORD_RETURNED;
}

static void end_process(unsigned int number)
{
	struct process *process = &area->process[number];
	unsigned int thread;

	for (thread = 0; thread < THREADS; thread++)
		end_task(number * THREADS + thread, number);
	shared_store(&process->life, LIFE_DEAD);
	sys_futex_wake(&process->life);
}

/* A sibling that an exec ended was inside its call, or is not to run lines any more. */
void end_siblings_of_execs(void)
{
	unsigned int number;

	for (number = 0; number < TASKS; number++)
		if (area->task[number].gone && area->task[number].lines)
			end_task(number, process_of(number));
}

void reap(void)
{
	unsigned int number;
	int pid;

	changed = 0;
	while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
		for (number = 0; number < PROCESSES; number++)
			if (area->process[number].life == LIFE_LIVE && area->process[number].pid == pid)
				end_process(number);
}

int anyone_dying(void)
{
	unsigned int number;

	for (number = 0; number < PROCESSES; number++)
		if (shared_load(&area->process[number].life) == LIFE_LIVE && area->process[number].dying)
			return 1;
	return 0;
}

/*
 * Where no program forks, execs, dies or counts its limits, p0 lives in the supervisor's memory: a process of its own
 * in every other way, and the mm's charges are none but its programs'. Turning from one to the other then keeps the
 * address space, and with it all that an emulator has remembered of it. A charge that stayed would be told of every
 * program after it; with one, memory is no longer shared.
 */
static int start_process(void)
{
	int pid;

	if (area == area_of(WIRE_LANE_INPROCESS) && !locked_pages(getpid())) {
		make_window();
		return start_process_in_this_memory(main_of_process, 0);
	}
	pid = fork();
	if (!pid) {
		make_window();
		main_of_process(0);
	}
	return pid;
}

/* p0 as every program finds it: window as after exec, capability raised, limit unlimited (the supervisor's own). */
void start_first_process(void)
{
	struct process *first = &area->process[0];
	int pid;

	*first = (struct process){ .life = LIFE_LIVE };
	area->task[0] = area->task[1] = (struct task){};
	pid = start_process();
	if (pid < 0)
		fail("no process for p0: error %d", pid);
	while (!shared_load(&first->ready))
		sys_futex_wait(&first->ready, 0, NULL);
	await_task(0);
}

/* Whether there was a process to kill. */
int send_death(unsigned int number)
{
	struct process *process = &area->process[number];

	if (process->life != LIFE_LIVE || !process->pid)
		return 0;
	process->dying = 1;
	kill(process->pid, SIGKILL);
	return 1;
}

/* Every process from number @first on. */
void kill_all(unsigned int first)
{
	unsigned int number;

	for (number = first; number < PROCESSES; number++)
		send_death(number);
}
