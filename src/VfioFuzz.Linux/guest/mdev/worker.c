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

/* What was submitted before the stop is still done, as a flushed kworker would. */
static int run_thread(void *data)
{
	struct vfiofuzz *fuzz = data;
	struct worker *worker = &fuzz->worker;

	for (;;) {
		wait_event_idle(worker->changed, READ_ONCE(worker->busy) || kthread_should_stop());
		if (!READ_ONCE(worker->busy))
			return 0;
		run_call(fuzz);
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
	/* A thread that was stopped before it first ran has not seen its call. */
	if (kthread_stop(thread) && READ_ONCE(worker->busy)) {
		get_task_struct(current);
		worker->runner = current;
		end(worker, -ENODEV);
	}
	put_task_struct(thread);
}

static int ensure_thread(struct vfiofuzz *fuzz)
{
	struct worker *worker = &fuzz->worker;
	struct task_struct *thread;

	if (worker->thread)
		return 0;
	thread = kthread_create(run_thread, fuzz, "vfiofuzz%u", fuzz->number);
	if (IS_ERR(thread))
		return PTR_ERR(thread);
	get_task_struct(thread);
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

/* Marks the worker busy with the call of @submit; the caller sets it going. */
static int claim(struct worker *worker, struct vfiofuzz_submit *submit)
{
	int result = 0;

	spin_lock(&worker->lock);
	if (!worker->accepting)
		result = -ENODEV;
	else if (worker->busy)
		result = -EBUSY;
	if (!result) {
		worker->call = submit->call;
		submit->number = ++worker->submitted;
		worker->busy = true;
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
	int result = 0;

	if (!READ_ONCE(worker->accepting) || fuzz->shape.by == VFIOFUZZ_BY_CALLER)
		return -ENODEV;
	if (fuzz->shape.by == VFIOFUZZ_BY_KTHREAD)
		result = ensure_thread(fuzz);
	if (!result)
		result = claim(worker, submit);
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
