// SPDX-License-Identifier: GPL-2.0-only
/* A program thread: runs the lines it is given and parks. Also its errands for the supervisor between programs. */
#include <linux/sched.h>
#include <signal.h>
#include <stddef.h>

#include "executor.h"

#define STACK_SIZE	32768

/* Two, since the process may be the fork of a thread that runs on one of them. */
static char stacks[2][STACK_SIZE] __attribute__((aligned(64)));

/* What a new image finds first: only programs with processes exec. */
struct shared_area *area = (struct shared_area *)AREA_BASE + WIRE_LANE_PROCESS;

static u64 bit(unsigned int line)
{
	return 1ULL << line;
}

static void tell_supervisor(void)
{
	shared_add(&area->attention, 1);
	sys_futex_wake(&area->attention);
}

/*
 * Threads of a block that share a processor run one after the other, and race nothing. A thread stays where it was
 * bound: moving costs more than a call.
 */
static void go_to_processor(struct task *task)
{
	u64 mask = 1ULL << (task->processor - 1);

	if (!task->processor || task->bound == task->processor)
		return;
	sys3(__NR_sched_setaffinity, 0, sizeof(mask), (long)&mask);
	task->bound = task->processor;
}

/*
 * The lines of a par block start together: the last to arrive opens. Spinning, since a wake-up would put them in
 * order again.
 */
static void pass_barrier(struct task *task)
{
	if (!task->waits)
		return;
	task->waits = 0;
	go_to_processor(task);
	shared_add(&area->barrier, -1);
	while (shared_load(&area->barrier))
		sys_yield();
}

static void finish_line(struct task *task, struct record *record, unsigned int line)
{
	u64 kept = ~bit(line);

	record->returned = next_ticket();
	if (record->answer.kind != ANSWER_NONE) {
		shared_store(&record->state, RECORD_RETURNED);
	} else {
		shared_store(&record->state, RECORD_WORKER);
		if (!task->parallel)
			kept = 0;	/* the next line waits for the worker */
	}
	shared_and(&task->lines, kept);
}

/*
 * The supervisor may have taken the line back between the look at the list and the mark in the record; the mark
 * comes first.
 */
static void run_line(struct task *task, unsigned int number, unsigned int line)
{
	struct record *record = &area->record[line];
	const struct wire_slot *slot = this_slot();
	struct call call = { number, process_of(number), line, &slot->operation[line] };

	if (record->state == RECORD_NONE) {
		record->called = next_ticket();
		shared_store(&record->state, RECORD_CALLED);
		if (!(shared_load(&task->lines) & bit(line))) {
			shared_store(&record->state, RECORD_NONE);
			return;
		}
		this_slot()->progress = line + 1;
		record->answer = perform(&call);
	}
	finish_line(task, record, line);
}

static void do_chore(struct task *task, unsigned int number)
{
	static const struct wire_operation raise = { .kind = 36, .flags = 1 }, unlimited = { .kind = 35, .x = ~0ULL };
	struct call call = { number, process_of(number), 0, &raise };

	if (task->chore == CHORE_START_SECOND)
		start_second_thread(call.process);
	if (task->capability_dropped)
		set_capability(&call);
	if (task->chore != CHORE_TEAR_DOWN)
		return;
	sys_close_range(STRAY_FD_FIRST, STRAY_FD_LAST);
	sys_close_range(SLOT_FD, SLOT_FD + SLOTS - 1);
	call.operation = &unlimited;
	if (shared_load(&area->limit_changed))
		set_limit(&call);
	shared_store(&area->limit_changed, 0);
	restore_own();
	restore_window();
}

/* A new thread must have looked where its area is before the supervisor turns to the other. */
void await_task(unsigned int number)
{
	while (!shared_load(&area->task[number].tid))
		sys_yield();
}

_Noreturn void run_task(unsigned int number)
{
	struct task *task = &area->task[number];

	shared_store(&task->tid, (int)sys3(__NR_gettid, 0, 0, 0));
	task->bound = 0;	/* or as the thread that forked it: the next block will tell */
	for (;;) {
		u32 seen = shared_load(&task->go);
		u64 lines = shared_load(&task->lines);

		if (lines)
			pass_barrier(task);
		for (; lines; lines = shared_load(&task->lines))
			run_line(task, number, __builtin_ctzll(lines));
		if (shared_load(&task->chore)) {
			do_chore(task, number);
			shared_store(&task->chore, CHORE_NONE);
		}
		if (shared_load(&task->go) != seen)
			continue;
		tell_supervisor();
		sys_futex_wait(&task->go, seen, NULL);
	}
}

/*
 * clone with a beginning: what it leaves in registers is all that the child has, and its first frame is @entry's, on
 * a stack of its own. Returns the child's id to the caller.
 */
long clone_at(unsigned long flags, char *stack, void (*entry)(unsigned int number), unsigned long number);

__asm__(".pushsection .text\n"
	"clone_at:\n\tmovq %rdx, %r8\n\tmovq %rcx, %r9\n\txorl %edx, %edx\n\txorl %r10d, %r10d\n"
	"\tmovl $56, %eax\n\tsyscall\n\ttestq %rax, %rax\n\tjz 1f\n\tret\n"
	"1:\txorl %ebp, %ebp\n\tmovq %r9, %rdi\n\tcall *%r8\n\thlt\n"
	".popsection\n");

void start_second_thread(unsigned int process)
{
	unsigned int number = process * THREADS + 1;
	char here, *stack = stacks[0];

	if (&here >= stacks[0] && &here < stacks[0] + STACK_SIZE)
		stack = stacks[1];
	clone_at(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM, stack + STACK_SIZE,
		 run_task, number);
	await_task(number);
}

long start_process_in_this_memory(void (*entry)(unsigned int number), unsigned int number)
{
	static char stack[STACK_SIZE] __attribute__((aligned(64)));

	return clone_at(CLONE_VM | SIGCHLD, stack + STACK_SIZE, entry, number);
}
