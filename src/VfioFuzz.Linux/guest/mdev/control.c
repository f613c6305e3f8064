// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vfiofuzz: the harness's side of the test mdevs. Nothing here waits for a device's locks: a stuck one can be
 * asked about.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/uaccess.h>

#include "driver.h"

static long set_shape(void __user *user)
{
	struct vfiofuzz_shape shape;
	struct vfiofuzz *fuzz;
	long result = 0;

	if (copy_from_user(&shape, user, sizeof(shape)))
		return -EFAULT;
	fuzz = vfiofuzz_get(shape.device);
	if (!fuzz)
		return -ENODEV;
	if (READ_ONCE(fuzz->open))
		result = -EBUSY;
	else
		vfiofuzz_take_shape(fuzz, &shape);
	vfiofuzz_put(fuzz);
	return result;
}

static long with_submit(void __user *user, int (*act)(struct vfiofuzz *fuzz, struct vfiofuzz_submit *submit))
{
	struct vfiofuzz_submit submit;
	struct vfiofuzz *fuzz;
	long result;

	if (copy_from_user(&submit, user, sizeof(submit)))
		return -EFAULT;
	fuzz = vfiofuzz_get(submit.device);
	if (!fuzz)
		return -ENODEV;
	result = act(fuzz, &submit);
	vfiofuzz_put(fuzz);
	if (!result && copy_to_user(user, &submit, sizeof(submit)))
		result = -EFAULT;
	return result;
}

static long join(unsigned long number)
{
	struct vfiofuzz *fuzz = vfiofuzz_get(number);
	long result;

	if (!fuzz)
		return -ENODEV;
	result = worker_join(fuzz);
	vfiofuzz_put(fuzz);
	return result;
}

static long query(void __user *user)
{
	struct vfiofuzz_query query = {};
	unsigned int i;

	for (i = 0; i < VFIOFUZZ_DEVICES_MAX; i++) {
		struct vfiofuzz_status *status = &query.device[i];
		struct vfiofuzz *fuzz = vfiofuzz_get(i);

		if (!fuzz)
			continue;
		status->present = 1;
		status->open = READ_ONCE(fuzz->open);
		status->records = READ_ONCE(fuzz->pins.count);
		worker_status(&fuzz->worker, status);
		vfiofuzz_put(fuzz);
	}
	return copy_to_user(user, &query, sizeof(query)) ? -EFAULT : 0;
}

static long locked_pages(unsigned long number)
{
	struct pid *pid = find_get_pid(number);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);
	struct mm_struct *mm = task ? get_task_mm(task) : NULL;
	long pages = -ESRCH;

	if (mm) {
		pages = READ_ONCE(mm->locked_vm);
		mmput(mm);
	}
	if (task)
		put_task_struct(task);
	put_pid(pid);
	return pages;
}

static long control_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	switch (command) {
	case VFIOFUZZ_SHAPE:
		return set_shape((void __user *)argument);
	case VFIOFUZZ_SUBMIT:
		return with_submit((void __user *)argument, worker_submit);
	case VFIOFUZZ_RESULT:
		return with_submit((void __user *)argument, worker_result);
	case VFIOFUZZ_JOIN:
		return join(argument);
	case VFIOFUZZ_LOCKED:
		return locked_pages(argument);
	case VFIOFUZZ_SIBLING:
		return host_driver_change(argument);
	case VFIOFUZZ_QUERY:
		return query((void __user *)argument);
	}
	return -ENOTTY;
}

static const struct file_operations control_operations = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = control_ioctl,
};

struct miscdevice vfiofuzz_control = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vfiofuzz",
	.fops = &control_operations,
};
