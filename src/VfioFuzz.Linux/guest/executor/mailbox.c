// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mailbox is a pair of datagram sockets that every process has; a message is one file and what it is. The kernel
 * does not bound a connected pair by messages, so a counter does.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "executor.h"

#define CLOSE_ON_EXEC	1

struct message {
	struct msghdr header;
	struct iovec vector;
	u8 kind;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
};

static void lay_out(struct message *message)
{
	memset(message, 0, sizeof(*message));
	message->vector = (struct iovec){ &message->kind, 1 };
	message->header.msg_iov = &message->vector;
	message->header.msg_iovlen = 1;
	message->header.msg_control = &message->control;
	message->header.msg_controllen = sizeof(message->control);
	message->control.header = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
}

static int sending_end(unsigned int process)
{
	return FD_MAILBOX + 2 * process;
}

static int receiving_end(unsigned int process)
{
	return FD_MAILBOX + 2 * process + 1;
}

static int room_in(unsigned int process)
{
	if (shared_add(&area->process[process].mailbox, 1) < MAILBOX_MAX)
		return 1;
	shared_add(&area->process[process].mailbox, -1);
	return 0;
}

struct answer send_fd(const struct call *call)
{
	unsigned int receiver = call->operation->b;
	int fd = slot_fd(call->operation->a);
	struct message message;
	long result;

	if (sys_fcntl(fd, F_GETFD, 0) < 0)
		return fails(EBADF);
	if (receiver >= PROCESSES || shared_load(&area->process[receiver].life) == LIFE_NONE)
		return fails(ESRCH);
	if (!room_in(receiver))
		return fails(EAGAIN);
	lay_out(&message);
	message.kind = slot_kind(call->process, call->operation->a);
	memcpy(CMSG_DATA(&message.control.header), &fd, sizeof(fd));
	result = sys3(__NR_sendmsg, sending_end(receiver), (long)&message.header, MSG_DONTWAIT);
	if (result < 0)
		shared_add(&area->process[receiver].mailbox, -1);
	return succeeded(result);
}

/* The fd of the oldest message, or a negative errno. */
static int receive(unsigned int process, struct message *message)
{
	long result;
	int fd;

	lay_out(message);
	result = sys3(__NR_recvmsg, receiving_end(process), (long)&message->header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (result < 0)
		return result;
	shared_add(&area->process[process].mailbox, -1);
	memcpy(&fd, CMSG_DATA(&message->control.header), sizeof(fd));
	return fd;
}

struct answer receive_fd(const struct call *call)
{
	struct message message;
	int fd;

	if (slot_taken(call))
		return not_run();
	fd = receive(call->process, &message);
	return put_at_slot(call, fd, message.kind);
}

void make_mailboxes(void)
{
	unsigned int process;
	int ends[2];

	for (process = 0; process < PROCESSES; process++) {
		if (sys6(__NR_socketpair, AF_UNIX, SOCK_DGRAM, 0, (long)ends, 0, 0))
			fail("no unix socket pair (CONFIG_UNIX)");
		sys_dup3(ends[0], sending_end(process), 0);
		sys_dup3(ends[1], receiving_end(process), 0);
		sys_close(ends[0]);
		sys_close(ends[1]);
	}
}

int any_mail(void)
{
	unsigned int process, messages = 0;

	for (process = 0; process < PROCESSES; process++)
		messages += shared_load(&area->process[process].mailbox);
	return messages;
}

/*
 * Containers first: the release of a device waits for its worker, and the worker may wait for what the container's release
 * wakes. Which comes first is nobody's promise here.
 */
void empty_mailboxes(void)
{
	int other[PROCESSES * MAILBOX_MAX];
	unsigned int process, others = 0;
	struct message message;
	int fd;

	for (process = 0; process < PROCESSES; process++)
		while (shared_load(&area->process[process].mailbox) && (fd = receive(process, &message)) >= 0)
			if (message.kind == SLOT_CONTAINER || others == PROCESSES * MAILBOX_MAX)
				sys_close(fd);
			else
				other[others++] = fd;
	while (others)
		sys_close(other[--others]);
}
