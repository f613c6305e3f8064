// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's worker. A kworker ignores signals and cannot be told to stop; closing the device flushes it, as
 * mdev drivers do. A thread of the device's own is stopped with kthread_stop, which wakes a sleeper once.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched/task.h>

#include "driver.h"

static void begin(struct worker *worker)
{
	get_task_struct(current);
	spin_lock(&worker->lock);
	worker->runner = current;
	spin_unlock(&worker->lock);
}

static void end(struct worker *worker, int result)
{
	struct task_struct *runner;

	spin_lock(&worker->lock);
	runner = worker->runner;
	worker->runner = NULL;
	worker->result[worker->submitted % VFIOFUZZ_RESULTS] = result;
	worker->value[worker->submitted % VFIOFUZZ_RESULTS] = worker->call.value;
	worker->busy = false;
	spin_unlock(&worker->lock);
	wake_up_all(&worker->changed);
	put_task_struct(runner);
}

static void run_call(struct vfiofuzz *fuzz)
{
	struct worker *worker = &fuzz->worker;

	begin(worker);
	end(worker, vfiofuzz_do_persistently(fuzz, &worker->call));
}

static void run_work(struct work_struct *work)
{
	run_call(container_of(work, struct vfiofuzz, worker.work));
}

struct start {
	struct vfiofuzz *fuzz;
	struct completion done;
};

/* A thread for nothing may stand beside the device's own for a moment: one of them takes the call. */
static bool take_call(struct worker *worker)
{
	bool given;

	spin_lock(&worker->lock);
	given = worker->given;
	worker->given = false;
	spin_unlock(&worker->lock);
	return given;
}

/* What was submitted before the stop is still done, as a flushed kworker would. */
static int run_thread(void *data)
{
	struct start *start = data;
	struct vfiofuzz *fuzz = start->fuzz;
	struct worker *worker = &fuzz->worker;

	complete(&start->done);
	for (;;) {
		wait_event_idle(worker->changed, READ_ONCE(worker->given) || kthread_should_stop());
		if (take_call(worker))
			run_call(fuzz);
		else if (kthread_should_stop())
			return 0;
	}
}

int worker_init(struct vfiofuzz *fuzz)
{
	struct worker *worker = &fuzz->worker;

	spin_lock_init(&worker->lock);
	init_waitqueue_head(&worker->changed);
	INIT_WORK(&worker->work, run_work);
	worker->queue = alloc_workqueue("vfiofuzz%u", WQ_UNBOUND, 1, fuzz->number);
	return worker->queue ? 0 : -ENOMEM;
}

void worker_destroy(struct worker *worker)
{
	if (worker->queue)
		destroy_workqueue(worker->queue);
}

void worker_open(struct worker *worker)
{
	spin_lock(&worker->lock);
	worker->accepting = true;
	spin_unlock(&worker->lock);
}

/* Returns when the worker is idle for good: later submits answer ENODEV. */
void worker_close(struct vfiofuzz *fuzz)
{
	struct worker *worker = &fuzz->worker;
	struct task_struct *thread;

	spin_lock(&worker->lock);
	worker->accepting = false;
	thread = worker->thread;
	worker->thread = NULL;
	spin_unlock(&worker->lock);
	if (!thread) {
		flush_work(&worker->work);
		return;
	}
	kthread_stop(thread);
	put_task_struct(thread);
}

/* The thread has begun when this returns: one that is stopped before would never look for a call. */
static int ensure_thread(struct vfiofuzz *fuzz)
{
	struct worker *worker = &fuzz->worker;
	struct start start = { .fuzz = fuzz };
	struct task_struct *thread;

	if (READ_ONCE(worker->thread))
		return 0;
	init_completion(&start.done);
	thread = kthread_create(run_thread, &start, "vfiofuzz%u", fuzz->number);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	get_task_struct(thread);
	wake_up_process(thread);
	wait_for_completion(&start.done);
	spin_lock(&worker->lock);
	if (!worker->accepting || worker->thread) {
		spin_unlock(&worker->lock);
		kthread_stop(thread);
		put_task_struct(thread);
		return 0;
	}
	worker->thread = thread;
	spin_unlock(&worker->lock);
	return 0;
}

/*
 * Marks the worker busy with the call of @submit; the caller sets it going. EAGAIN: the device was closed, and opened
 * again, since it had a thread.
 */
static int claim(struct worker *worker, struct vfiofuzz_submit *submit, bool by_thread)
{
	int result = 0;

	spin_lock(&worker->lock);
	if (!worker->accepting)
		result = -ENODEV;
	else if (worker->busy)
		result = -EBUSY;
	else if (by_thread && !worker->thread)
		result = -EAGAIN;
	if (!result) {
		worker->call = submit->call;
		submit->number = ++worker->submitted;
		worker->busy = true;
		worker->given = by_thread;
	}
	spin_unlock(&worker->lock);
	return result;
}

static void set_going(struct vfiofuzz *fuzz)
{
	struct worker *worker = &fuzz->worker;

	spin_lock(&worker->lock);
	if (worker->thread)
		wake_up_process(worker->thread);
	else if (fuzz->shape.by == VFIOFUZZ_BY_WORKER)
		queue_work(worker->queue, &worker->work);
	spin_unlock(&worker->lock);
	wake_up_all(&worker->changed);
}

int worker_result(struct vfiofuzz *fuzz, struct vfiofuzz_submit *submit)
{
	struct worker *worker = &fuzz->worker;
	unsigned int place = submit->number % VFIOFUZZ_RESULTS;

	spin_lock(&worker->lock);
	submit->result = -EINPROGRESS;
	if (!worker->busy || submit->number < worker->submitted) {
		submit->result = worker->result[place];
		submit->call.value = worker->value[place];
	}
	spin_unlock(&worker->lock);
	return 0;
}

int worker_submit(struct vfiofuzz *fuzz, struct vfiofuzz_submit *submit)
{
	struct worker *worker = &fuzz->worker;
	bool by_thread = fuzz->shape.by == VFIOFUZZ_BY_KTHREAD;
	int result;

	if (!READ_ONCE(worker->accepting) || fuzz->shape.by == VFIOFUZZ_BY_CALLER)
		return -ENODEV;
	do {
		result = by_thread ? ensure_thread(fuzz) : 0;
		if (!result)
			result = claim(worker, submit, by_thread);
	} while (result == -EAGAIN);
	if (result)
		return result;
	set_going(fuzz);
	if (submit->wait_ms)
		wait_event_interruptible_timeout(worker->changed, !READ_ONCE(worker->busy),
						 msecs_to_jiffies(submit->wait_ms) + 1);
	return worker_result(fuzz, submit);
}

int worker_join(struct vfiofuzz *fuzz)
{
	struct worker *worker = &fuzz->worker;

	if (!READ_ONCE(worker->accepting) || fuzz->shape.by == VFIOFUZZ_BY_CALLER)
		return -ENODEV;
	return wait_event_killable(worker->changed, !READ_ONCE(worker->busy));
}

void worker_status(struct worker *worker, struct vfiofuzz_status *status)
{
	spin_lock(&worker->lock);
	status->busy = worker->busy;
	if (worker->runner) {
		status->pid = task_pid_nr(worker->runner);
		status->asleep = !task_is_running(worker->runner);
		status->switches = worker->runner->nvcsw + worker->runner->nivcsw;
	}
	spin_unlock(&worker->lock);
}
