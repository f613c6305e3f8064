// SPDX-License-Identifier: GPL-2.0-only
/* Brings the guest back to where a program may start, and says when it does not come back. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor.h"

#define DEATH_MS_MAX	2000	/* a killed task that is not dead by then is stuck */
#define DEATH_LOOK_MS	20	/* most die at once */
#define STILL_MS_MAX	400	/* ... or that sleeps for so long while nothing else runs, nor is to come from hardware */
#define RELEASE_MS_MAX	2000	/* for releases that the kernel defers: most take none, and a busy host has made 200 too few */

static void report_reset_failed(enum reset_reason reason)
{
	emit(EVENT_RESET_FAILED, 0, NULL, reason, next_ticket());
}

static void report_stuck(enum reset_reason reason)
{
	run.slot->text[0] = 0;
	describe_stuck();
	report_reset_failed(reason);
}

static int wait_for_deaths(void)
{
	struct stillness stillness = {};
	u64 begun = now_us(), took;

	while (anyone_dying()) {
		u32 seen = shared_load(&area->attention);
		struct timespec look = { 0, 2000000 };

		if (children_changed())
			reap();
		if (!anyone_dying())
			break;
		took = now_us() - begun;
		if (took > 1000ULL * DEATH_MS_MAX)
			return 0;
		if (took > 1000ULL * DEATH_LOOK_MS && still_us(&stillness) > 1000ULL * STILL_MS_MAX)
			return 0;
		channel->heartbeat++;
		sys_futex_wait(&area->attention, seen, &look);
	}
	return 1;
}

/* Whether p0 can do its own errand: alive, and neither thread inside a call. */
static int first_is_free(void)
{
	return area->process[0].life == LIFE_LIVE && task_idle(0) && task_idle(1);
}

/* Has an idle thread of p0 do an errand. */
void run_chore(unsigned int number, enum chore chore)
{
	struct task *task = &area->task[number];

	shared_store(&task->chore, chore);
	shared_add(&task->go, 1);
	sys_futex_wake(&task->go);
	settle();
}

static int others_existed(void)
{
	unsigned int number;

	for (number = 1; number < PROCESSES; number++)
		if (area->process[number].life != LIFE_NONE)
			return 1;
	return 0;
}

/* p0 closes what it has: what it is still charged for afterwards was lost. */
static void tear_down_first(void)
{
	long pages;

	if (others_existed())
		shared_store(&area->window_changed, ~0U);	/* its pages were shared with children */
	if (area->task[1].capability_dropped && !area->task[1].gone)
		run_chore(1, CHORE_RAISE_CAPABILITY);
	run_chore(area->task[0].gone, CHORE_TEAR_DOWN);	/* by t1 when its exec ended t0 */
	if (!first_is_free())
		return;
	pages = locked_pages(area->process[0].pid);
	emit(EVENT_LOCKED_AFTER_TEARDOWN, 0, NULL, pages, next_ticket());
	memset(area->process[0].slot, 0, sizeof(area->process[0].slot));
	if (pages)
		run.blocked_ever = 1;	/* its mm is spoilt for the next program */
}

/* An image that t0 exec'ed is as good as a new process: all that is missing is t1, which is made when it is needed. */
static void adopt_new_image(void)
{
	if (!area->process[0].replaced || area->task[0].gone || !first_is_free())
		return;
	area->process[0].replaced = 0;
	area->task[1] = (struct task){};
}

static int first_is_reusable(void)
{
	return first_is_free() && !run.blocked_ever && !area->process[0].replaced && !area->task[0].gone && !area->task[1].gone;
}

static void forget_others(void)
{
	unsigned int number;

	for (number = 1; number < PROCESSES; number++)
		area->process[number] = (struct process){};
	memset(&area->task[THREADS], 0, (TASKS - THREADS) * sizeof(struct task));
}

/* Held open between programs; a swap of the module lets go of it. */
static int type1_file = -1;

void forget_type1(void)
{
	sys_close(type1_file);
	type1_file = -1;
}

/* But for the container of the device that is always open. A kernel with type1 built in does not tell. */
static int type1_users(void)
{
	char text[16] = "";

	if (type1_file < 0)
		type1_file = sys_open("/sys/module/vfio_iommu_type1/refcnt", O_RDONLY | O_CLOEXEC);
	return sys_pread(type1_file, text, sizeof(text) - 1, 0) > 0 && strcmp(text, "1\n");
}

static int type1_is_free(void)
{
	unsigned int tries = 2 * RELEASE_MS_MAX;

	while (type1_users() && tries--) {
		channel->heartbeat++;
		sys_sleep_us(500);
	}
	return tries != -1U;
}

static int mdevs_are_closed(void)
{
	struct vfiofuzz_query query;
	unsigned int i;

	query_workers(&query);
	for (i = 0; i < VFIOFUZZ_DEVICES_MAX; i++)
		if (query.device[i].open || query.device[i].records)
			return 0;
	return 1;
}

static int mdevs_are_free(void)
{
	unsigned int tries = 2 * RELEASE_MS_MAX;

	while (!mdevs_are_closed() && tries--) {
		channel->heartbeat++;
		sys_sleep_us(500);
	}
	return tries != -1U;
}

/*
 * While calls wait, those whom the program killed must die, then the first process that lives is killed alone, then
 * all the others are. Nobody closes anything before: in what order a dying process does is a part of what is asked.
 */
static int waiters_die(void)
{
	unsigned int number = 0;
	int die = wait_for_deaths();

	while (die && number < PROCESSES && !send_death(number))
		number++;
	die = die && wait_for_deaths();
	if (!die)
		report_stuck(RESET_STUCK_ALONE);
	return die;
}

/* While calls wait, a file's release may wait for ever: not in the supervisor. */
static int mail_is_released(void)
{
	unsigned int tries = DEATH_MS_MAX / 2;
	int pid;

	if (!run.pending || !any_mail()) {
		empty_mailboxes();
		return 1;
	}
	pid = fork();
	if (!pid) {
		empty_mailboxes();
		_exit(0);
	}
	while (pid > 0 && !waitpid(pid, NULL, WNOHANG) && tries--) {
		channel->heartbeat++;
		sys_sleep_us(2000);
	}
	return pid > 0 && tries != -1U;
}

void tear_down_program(void)
{
	/* Who is killed in an unbind does not die before others close the device, so no death alone is asked for. */
	if (run.pending && !shared_load(&area->unbound) && !waiters_die())
		return;
	kill_all(run.pending ? 0 : 1);
	if (!wait_for_deaths()) {
		report_stuck(RESET_STUCK);
		return;
	}
	if (!mail_is_released()) {
		report_reset_failed(RESET_MAIL_STUCK);
		return;
	}
	if (first_is_free())
		tear_down_first();
	adopt_new_image();
	if (!first_is_reusable())
		kill_all(0);
	if (!wait_for_deaths()) {
		report_stuck(RESET_STUCK);
		return;
	}
	forget_others();
	area->second_threads = 0;
	if (area->process[0].life != LIFE_LIVE)
		start_first_process();	/* the program that spoilt one pays for the next */
	restore_files();
	restore_parameters();
	restore_sibling();
	restore_device_memory();
	if (!restore_bindings())
		report_reset_failed(RESET_UNBOUND);
	if (!type1_is_free())
		report_reset_failed(RESET_TYPE1_BUSY);
	if (!mdevs_are_free())
		report_reset_failed(RESET_MDEV_BUSY);
}
