// SPDX-License-Identifier: GPL-2.0-only
/* Runs one program: gives lines to threads, waits until they have settled, tells the history. */
#include <string.h>
#include <sys/ioctl.h>

#include "supervisor.h"

enum { KIND_FORK = 40, KIND_EXEC = 41, KIND_EXIT = 42, KIND_KILL = 43 };

struct run run;

static const struct wire_operation *operation_of(unsigned int line)
{
	return &run.slot->operation[line];
}

/* ANSWER_NONE: the thread may run the line. */
static u32 standing(unsigned int task)
{
	const struct process *process = &area->process[process_of(task % TASKS)];

	if (task >= TASKS || process->life != LIFE_LIVE || area->task[task].gone)
		return ANSWER_NOT_RUN;
	if (!task_idle(task))
		return ANSWER_BUSY;
	return process->dying ? ANSWER_NOT_RUN : ANSWER_NONE;
}

static void answer_without_running(unsigned int line, u32 kind)
{
	area->record[line].answer = (struct answer){ kind, 0, 0 };
	area->record[line].called = area->record[line].returned = 0;
	report_called(line);
	report_answered(line);
}

/* @place: which of the threads of its block it is. */
static void give(unsigned int number, u64 lines, int parallel, unsigned int place)
{
	struct task *task = &area->task[number];

	task->parallel = task->waits = parallel;
	task->processor = parallel ? place % area->processors + 1 : 0;
	shared_store(&task->lines, lines);
	shared_add(&task->go, 1);
	sys_futex_wake(&task->go);
}

/*
 * Takes back what a blocked thread has not begun. It may return just now: then it sees its list empty, or it is
 * not blocked.
 */
static void take_back(unsigned int task)
{
	u64 lines = shared_load(&area->task[task].lines);

	shared_and(&area->task[task].lines, lines & -lines);
}

static int ends_a_process(unsigned int line)
{
	return operation_of(line)->kind == KIND_EXIT || operation_of(line)->kind == KIND_KILL;
}

/*
 * The lines that may be given in one go: of one thread, in a row. While something is blocked every line is
 * watched.
 */
static u64 lines_in_a_row(unsigned int first)
{
	unsigned int line = first;
	u64 lines = 0;

	do {
		lines |= 1ULL << line;
		if (run.pending || ends_a_process(line))
			break;
		line++;
	} while (line < run.slot->lines && !run.slot->block[line] && operation_of(line)->task == operation_of(first)->task);
	return lines;
}

/* Tells what became of the lines from @line on that were given; returns the first that was not begun. */
static unsigned int tell_row(unsigned int line, u64 given)
{
	for (; line < WIRE_LINES_MAX && given & 1ULL << line; line++) {
		u32 state = shared_load(&area->record[line].state);

		if (state == RECORD_NONE)
			break;
		report_called(line);
		report_late_answers(given);
		if (state == RECORD_RETURNED)
			report_answered(line);
		else
			report_blocked(line);
		report_settled();
		if (state != RECORD_RETURNED)
			return line + 1;
	}
	return line;
}

static unsigned int run_row(unsigned int first)
{
	unsigned int task = operation_of(first)->task, next;
	u32 stands = standing(task);
	u64 given;

	if (stands) {
		answer_without_running(first, stands);
		report_settled();
		return first + 1;
	}
	given = lines_in_a_row(first);
	give(task, given, 0, 0);
	do {
		settle();
		if (!task_idle(task))
			take_back(task);
		next = tell_row(first, given);
	} while (next == first && !area->task[task].gone);
	return next;
}

static unsigned int end_of_block(unsigned int first)
{
	unsigned int line = first;

	while (line < run.slot->lines && run.slot->block[line] == run.slot->block[first])
		line++;
	return line;
}

static u64 lines_of(unsigned int first, unsigned int end, unsigned int task)
{
	u64 lines = 0;

	for (; first < end; first++)
		if (operation_of(first)->task == task)
			lines |= 1ULL << first;
	return lines;
}

/*
 * Gives each thread its lines; the barrier's count stands before the first is woken. Lines of a thread that cannot
 * run them are answered here, as what the others do may free it. Returns the lines that were given.
 */
static u64 give_block(unsigned int first, unsigned int end)
{
	unsigned int task, line, takers = 0, place = 0;
	u32 stands[TASKS + 1] = { [TASKS] = ANSWER_NOT_RUN };
	u64 lines[TASKS], given = 0;

	for (task = 0; task < TASKS; task++) {
		stands[task] = standing(task);
		lines[task] = stands[task] ? 0 : lines_of(first, end, task);
		takers += !!lines[task];
		given |= lines[task];
	}
	for (line = first; line < end; line++)
		if (!(given & 1ULL << line))
			answer_without_running(line, stands[operation_of(line)->task < TASKS ? operation_of(line)->task : TASKS]);
	shared_store(&area->barrier, takers);
	for (task = 0; task < TASKS; task++)
		if (lines[task])
			give(task, lines[task], 1, place++);
	return given;
}

/* A line that was not begun: its thread is inside an earlier line, or gone. */
static void tell_parallel(unsigned int line)
{
	unsigned int task = operation_of(line)->task;
	u32 state = shared_load(&area->record[line].state);

	if (state == RECORD_NONE) {
		answer_without_running(line, standing(task) == ANSWER_NOT_RUN ? ANSWER_NOT_RUN : ANSWER_BUSY);
		return;
	}
	report_called(line);
	if (state == RECORD_RETURNED)
		report_answered(line);
	else
		report_blocked(line);
}

static unsigned int run_block(unsigned int first)
{
	unsigned int end = end_of_block(first), task, line;
	u32 first_event = run.slot->events;
	u64 given = give_block(first, end);

	settle();
	for (task = 0; task < TASKS; task++)
		if (!task_idle(task))
			take_back(task);
	report_late_answers(given);
	for (line = first; line < end; line++)
		if (given & 1ULL << line)
			tell_parallel(line);
	sort_events(first_event);
	report_settled();
	return end;
}

/* The next pci device with a sibling, or without one. */
static struct device next_pci(unsigned int *from, int has_sibling)
{
	while (*from < offer.pci) {
		const struct device *device = &offer.pci_device[(*from)++];

		if (device->has_sibling == has_sibling)
			return *device;
	}
	return (struct device){ .kind = DEVICE_ABSENT };
}

/* World device n of a kind is the guest's next of that kind. */
static void lay_out_devices(void)
{
	unsigned int i, pci[2] = {}, mdev = 0;

	for (i = 0; i < DEVICES; i++) {
		const struct wire_device *wanted = &run.slot->device[i];

		area->device[i] = (struct device){ .kind = DEVICE_ABSENT };
		if (wanted->kind == DEVICE_PCI)
			area->device[i] = next_pci(&pci[!!wanted->has_sibling], !!wanted->has_sibling);
		else if (wanted->kind == DEVICE_MDEV && mdev < offer.mdev)
			area->device[i] = offer.mdev_device[mdev++];
		if (area->device[i].kind == DEVICE_MDEV) {
			struct vfiofuzz_shape shape = { area->device[i].number, wanted->by, wanted->lock, wanted->callback,
				wanted->refuse_count, wanted->on_fault, wanted->retry_count, 0 };

			ioctl(FD_CONTROL, VFIOFUZZ_SHAPE, &shape);
		}
	}
}

static void begin_program(struct wire_slot *slot)
{
	unsigned int line;

	run = (struct run){ .slot = slot };
	area = area_of(slot->lane == WIRE_LANE_INPROCESS ? WIRE_LANE_INPROCESS : WIRE_LANE_PROCESS);
	area->slot = slot - ring_slot(0);
	area->dma_user = area->dma_enabled = 0;
	slot->events = slot->progress = 0;
	slot->text[0] = 0;
	if (slot->lines > WIRE_LINES_MAX)
		slot->lines = WIRE_LINES_MAX;
	memset(area->record, 0, slot->lines * sizeof(struct record));
	area->second_threads = 0;
	for (line = 0; line < slot->lines; line++)
		if (slot->operation[line].task % THREADS && slot->operation[line].task < TASKS)
			area->second_threads |= 1U << process_of(slot->operation[line].task);
	lay_out_devices();
	if (area->process[0].life != LIFE_LIVE)
		start_first_process();
	else if (area->second_threads & 1 && !area->task[1].tid)
		run_chore(0, CHORE_START_SECOND);
}

static void tell_locked(void)
{
	unsigned int number;

	for (number = 0; number < PROCESSES; number++) {
		struct process *process = &area->process[number];
		long pages = process->life == LIFE_LIVE ? locked_pages(process->pid) : -1;

		if (pages >= 0)
			emit(EVENT_LOCKED_AT_END, number, NULL, pages, next_ticket());
	}
}

void run_program(struct wire_slot *slot)
{
	unsigned int line = 0;

	begin_cover();
	begin_program(slot);
	while (line < slot->lines)
		line = slot->block[line] ? run_block(line) : run_row(line);
	tell_locked();
	if (run.pending)
		describe_stuck();
	tear_down_program();
	tell_cover(slot - ring_slot(0));
}
