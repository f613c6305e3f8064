// SPDX-License-Identifier: GPL-2.0-only
/* Opening, moving and closing files at the slots of a process. */
#include <errno.h>

#include "executor.h"

#define CLOSE_ON_EXEC	1	/* Operation.CloseOnExecFlag */
#define LOOKING		0x100	/* a filler that does not know yet whether it may */

/* The fd of a slot; beyond the slots there is never a file. */
int slot_fd(unsigned int slot)
{
	return slot < SLOTS ? (int)(SLOT_FD + slot) : -1;
}

int slot_kind(unsigned int process, unsigned int slot)
{
	return slot < SLOTS ? area->process[process].slot[slot] : SLOT_EMPTY;
}

/*
 * Whether the call may not put a file at its slot; if it may, the slot is as good as taken from now on. Else the second
 * of two threads would open for nothing what others can see, as a group's single opener.
 */
int slot_taken(const struct call *call)
{
	unsigned int slot = call->operation->b;
	u32 *filler = &area->process[call->process].filler[slot % SLOTS];
	int taken;

	if (slot >= SLOTS)
		return 1;
	while (!shared_claim(filler, 0, LOOKING)) {
		if (shared_load(filler) & ~LOOKING)
			return 1;
		sys_yield();
	}
	taken = sys_fcntl(slot_fd(slot), F_GETFD, 0) >= 0;
	shared_store(filler, taken ? 0 : call->task + 1);
	return taken;
}

static struct answer filled(const struct call *call, struct answer answer)
{
	shared_store(&area->process[call->process].filler[call->operation->b], 0);
	return answer;
}

/* Moves @fd to the call's slot. F_DUPFD takes the lowest free number: nothing is overwritten. */
struct answer put_at_slot(const struct call *call, int fd, u8 kind)
{
	unsigned int at = call->operation->b;
	int duplicate = call->operation->flags & CLOSE_ON_EXEC ? F_DUPFD_CLOEXEC : F_DUPFD;
	int moved;

	if (fd < 0)
		return filled(call, fails(-fd));
	moved = sys_fcntl(fd, duplicate, slot_fd(at));
	sys_close(fd);
	if (moved != slot_fd(at)) {
		sys_close(moved);
		return filled(call, not_run());
	}
	area->process[call->process].slot[at] = kind;
	return filled(call, returned(0));
}

struct answer open_container(const struct call *call)
{
	if (slot_taken(call))
		return not_run();
	return put_at_slot(call, sys_open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), SLOT_CONTAINER);
}

struct answer open_group(const struct call *call)
{
	unsigned int device = call->operation->a;

	if (slot_taken(call))
		return not_run();
	if (device >= DEVICES || area->device[device].kind == DEVICE_ABSENT)
		return filled(call, fails(ENOENT));
	return put_at_slot(call, sys_open(area->device[device].path, O_RDWR | O_CLOEXEC), SLOT_GROUP);
}

static u32 size_of_text(const char *text)
{
	u32 size = 1;

	while (text[size - 1])
		size++;
	return size;
}

struct answer get_device(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	u64 device = operation->x < DEVICES ? operation->x : DEVICES;
	const char *name = device < DEVICES && area->device[device].kind != DEVICE_ABSENT ? area->device[device].name : "none";

	if (slot_kind(call->process, operation->a) >= SLOT_DEVICE || slot_taken(call))
		return not_run();
	if (operation->w)
		name = (const char *)hand_over(call, operation->w, name, size_of_text(name), size_of_text(name));
	return put_at_slot(call, sys_ioctl(slot_fd(operation->a), VFIO_GROUP_GET_DEVICE_FD, (unsigned long)name),
			   SLOT_DEVICE + device);
}

/*
 * A sibling that has just put the file there has one more fd of it, for a moment: closing would not be the last. What it has yet to put there
 * is no file: to close it as soon as it appears would empty a slot that others still take for filled.
 */
static int is_empty(unsigned int process, unsigned int slot)
{
	int empty;

	while (!(empty = sys_fcntl(slot_fd(slot), F_GETFD, 0) < 0) && shared_load(&area->process[process].filler[slot]))
		sys_yield();
	return empty;
}

struct answer close_slot(const struct call *call)
{
	unsigned int slot = call->operation->a;

	if (slot >= SLOTS || is_empty(call->process, slot))
		return fails(EBADF);
	area->process[call->process].slot[slot] = SLOT_EMPTY;
	return returned(sys_close(slot_fd(slot)));
}

struct answer dup_slot(const struct call *call)
{
	if (slot_taken(call))
		return not_run();
	return put_at_slot(call, sys_fcntl(slot_fd(call->operation->a), F_DUPFD_CLOEXEC, STRAY_FD_FIRST),
			   slot_kind(call->process, call->operation->a));
}
