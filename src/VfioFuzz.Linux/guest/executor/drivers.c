// SPDX-License-Identifier: GPL-2.0-only
/* What the test mdev's driver does for a caller, and what is submitted to its worker. */
#include <errno.h>

#include "executor.h"

/* How long a submitting thread gives the worker before the supervisor watches it instead. */
#define SUBMIT_WAIT_MS	2

static const u8 what[256] = {
	[20] = VFIOFUZZ_PIN, [21] = VFIOFUZZ_UNPIN, [22] = VFIOFUZZ_DMA_RW,
	[23] = VFIOFUZZ_PIN, [24] = VFIOFUZZ_UNPIN, [25] = VFIOFUZZ_DMA_RW,
};

static struct vfiofuzz_call driver_operands(const struct call *call)
{
	return (struct vfiofuzz_call){
		.what = what[call->operation->kind],
		.access = call->operation->flags,
		.iova = call->operation->x,
		.count = call->operation->y,
		.tag = call->line + 1,
	};
}

static struct answer with_value(long result, u64 value)
{
	return result < 0 ? fails(-result) : (struct answer){ ANSWER_RETURNED, 0, value };
}

struct answer driver_call(const struct call *call)
{
	struct vfiofuzz_call operands = driver_operands(call);
	long result = sys_ioctl(slot_fd(call->operation->a), VFIOFUZZ_CALL, (unsigned long)&operands);

	return with_value(result, operands.value);
}

/* The mdev's own number of world device @device, or a negative errno. */
static int mdev_number(unsigned int device)
{
	return device < DEVICES && area->device[device].kind == DEVICE_MDEV ? area->device[device].number : -ENODEV;
}

/* A submit whose worker is not done yet leaves ANSWER_NONE: the answer is to come. */
struct answer submit_call(const struct call *call)
{
	struct record *record = &area->record[call->line];
	struct vfiofuzz_submit submit = { .call = driver_operands(call) };
	int number = mdev_number(call->operation->a);
	long result;

	if (number < 0)
		return fails(-number);
	submit.device = number;
	submit.wait_ms = area->task[call->task].parallel ? 0 : SUBMIT_WAIT_MS;
	result = sys_ioctl(FD_CONTROL, VFIOFUZZ_SUBMIT, (unsigned long)&submit);
	if (result < 0)
		return fails(-result);
	if (submit.result == -EINPROGRESS) {
		record->submitted = submit.number;
		return (struct answer){ ANSWER_NONE, 0, 0 };
	}
	return with_value(submit.result, submit.call.value);
}

struct answer join_worker(const struct call *call)
{
	int number = mdev_number(call->operation->a);

	return number < 0 ? fails(-number) : returned(sys_ioctl(FD_CONTROL, VFIOFUZZ_JOIN, number));
}
