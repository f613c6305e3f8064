// SPDX-License-Identifier: GPL-2.0-only
/*
 * When lines have settled: every task has returned, or sleeps where it sleeps with nothing else runnable. Asleep
 * means: through settle_ms and several looks no task of interest has run (its time on a CPU stays), and no other
 * task is ready to run.
 */
#include <errno.h>
#include <sys/ioctl.h>

#include "supervisor.h"

#define FIRST_LOOK_US	3000
#define LOOKS		4
#define PASSING_MS_MAX	3000	/* a sleep that should pass by itself and does not is a blocked one */

int task_idle(unsigned int task)
{
	return area->task[task].gone || (!shared_load(&area->task[task].lines) && !shared_load(&area->task[task].chore));
}

/* The lines whose threads are inside the call. */
u64 lines_in_calls(void)
{
	u64 lines = 0;
	unsigned int i;

	for (i = 0; i < TASKS; i++)
		if (!task_idle(i))
			lines |= shared_load(&area->task[i].lines) & -shared_load(&area->task[i].lines);
	return lines;
}

void query_workers(struct vfiofuzz_query *query)
{
	*query = (struct vfiofuzz_query){};
	ioctl(FD_CONTROL, VFIOFUZZ_QUERY, query);
}

/* Gives lines that were submitted the answers of workers that are done. */
void take_worker_results(void)
{
	unsigned int line;

	for (line = 0; line < run.slot->lines; line++) {
		struct record *record = &area->record[line];
		struct vfiofuzz_submit submit = { .number = record->submitted };

		if (shared_load(&record->state) != RECORD_WORKER)
			continue;
		submit.device = area->device[run.slot->operation[line].a].number;
		if (ioctl(FD_CONTROL, VFIOFUZZ_RESULT, &submit) || submit.result == -EINPROGRESS)
			continue;
		record->answer = submit.result < 0 ? fails(-submit.result) : returned(submit.call.value);
		record->returned = next_ticket();
		record->state = RECORD_RETURNED;
	}
}

static int anything_submitted(void)
{
	unsigned int line;

	for (line = 0; line < run.slot->lines; line++)
		if (shared_load(&area->record[line].state) == RECORD_WORKER)
			return 1;
	return 0;
}

static int all_done(void)
{
	unsigned int i;

	for (i = 0; i < TASKS; i++)
		if (!task_idle(i) || (area->process[process_of(i)].life == LIFE_LIVE && area->process[process_of(i)].dying))
			return 0;
	return !anything_submitted();
}

struct look {
	u64 signature;
	int quiet, passing;
};

static void mix(struct look *look, u64 value)
{
	look->signature = (look->signature ^ value) * 1099511628211ULL + 1;
}

static void look_at_task(struct look *look, unsigned int number)
{
	struct process *process = &area->process[process_of(number)];
	struct task *task = &area->task[number];

	if (process->life != LIFE_LIVE || !task->tid || (task_idle(number) && !process->dying))
		return;
	/* One that runs, or is ready to, is among others_runnable(). */
	look->passing |= passing(process->pid, task->tid);
	mix(look, number);
	mix(look, task_progress(process->pid, task->tid));
}

static void look_at_workers(struct look *look)
{
	struct vfiofuzz_query query;
	unsigned int i;

	query_workers(&query);
	for (i = 0; i < VFIOFUZZ_DEVICES_MAX; i++) {
		struct vfiofuzz_status *status = &query.device[i];

		if (!status->busy)
			continue;
		if (!status->asleep)
			look->quiet = 0;
		else
			look->passing |= passing(status->pid, status->pid);
		mix(look, i << 16 | status->pid);
		mix(look, status->switches);
	}
}

static struct look look_around(void)
{
	struct look look = { .quiet = 1 };
	unsigned int i;

	for (i = 0; i < TASKS; i++)
		look_at_task(&look, i);
	look_at_workers(&look);
	if (others_runnable())
		look.quiet = 0;
	return look;
}

/* For how long nothing has moved that could. */
u64 still_us(struct stillness *stillness)
{
	struct look look = look_around();
	u64 now = now_us();

	if (!look.quiet || look.passing || look.signature != stillness->signature)
		*stillness = (struct stillness){ look.signature, now };
	return now - stillness->since;
}

static void wait_for_attention(u32 seen, u64 us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	channel->heartbeat++;
	sys_futex_wait(&area->attention, seen, &time);
	if (children_changed())
		reap();
	end_siblings_of_execs();
	take_worker_results();
}

/*
 * Looks until one of three: all is done, nothing has moved since the last settling, or nothing moves for
 * settle_ms.
 */
static void look_until_quiet(void)
{
	u64 settle_us = 1000ULL * run.slot->settle_ms, still_since = now_us(), begun = still_since, last = 0;
	unsigned int looks = 0;

	while (!all_done()) {
		u32 seen = shared_load(&area->attention);
		struct look look = look_around();
		u64 now = now_us();

		if (!look.quiet || (look.passing && now - begun < 1000ULL * PASSING_MS_MAX) || look.signature != last) {
			looks = 0;
			still_since = now;
			last = look.signature;
		}
		looks++;
		if (look.quiet && look.signature == run.quiet_signature)
			return;
		if (looks > LOOKS && now - still_since >= settle_us) {
			run.quiet_signature = look.signature;
			return;
		}
		wait_for_attention(seen, settle_us / LOOKS + 100);
	}
	run.quiet_signature = 0;
}

void settle(void)
{
	u32 seen = shared_load(&area->attention);

	end_siblings_of_execs();
	take_worker_results();
	while (!all_done()) {
		u64 before = lines_in_calls();

		wait_for_attention(seen, run.pending ? 200 : FIRST_LOOK_US);
		if (all_done())
			break;
		if (shared_load(&area->attention) == seen && lines_in_calls() == before) {
			look_until_quiet();
			return;
		}
		seen = shared_load(&area->attention);
	}
	run.quiet_signature = 0;
}
