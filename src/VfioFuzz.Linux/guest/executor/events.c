// SPDX-License-Identifier: GPL-2.0-only
/* The history of a program, in the order that History states: what the host reads. */
#include "supervisor.h"

void emit(u32 kind, unsigned int line, const struct answer *answer, u64 value, u64 ticket)
{
	struct wire_slot *slot = run.slot;

	if (slot->events >= WIRE_EVENTS_MAX)
		return;
	slot->event[slot->events++] = (struct wire_event){
		.kind = kind,
		.line = line,
		.answer_kind = answer ? answer->kind : 0,
		.error = answer ? answer->error : 0,
		.value = answer ? answer->value : value,
		.ticket = ticket,
	};
}

/*
 * Lines of a par block keep the tickets that were taken around their calls; other facts are numbered as they are
 * told.
 */
static u64 ticket_of(unsigned int line, u64 taken)
{
	return run.slot->block[line] && taken ? taken : next_ticket();
}

void report_called(unsigned int line)
{
	emit(EVENT_CALLED, line, 0, 0, ticket_of(line, area->record[line].called));
}

void report_answered(unsigned int line)
{
	struct record *record = &area->record[line];

	run.pending &= ~(1ULL << line);
	emit(EVENT_ANSWERED, line, &record->answer, 0, ticket_of(line, record->returned));
}

void report_blocked(unsigned int line)
{
	static const struct answer blocked = { ANSWER_BLOCKED, 0, 0 };

	run.pending |= 1ULL << line;
	run.blocked_ever = 1;
	emit(EVENT_BLOCKED, line, &blocked, 0, next_ticket());
}

void report_settled(void)
{
	emit(EVENT_SETTLED, 0, 0, 0, next_ticket());
}

/* Lines that were blocked before those of @started, and have answered since, in the order in which they did. */
void report_late_answers(u64 started)
{
	u64 late = run.pending & ~started, lines;

	for (;;) {
		unsigned int first = WIRE_LINES_MAX;

		for (lines = late; lines; lines &= lines - 1) {
			unsigned int line = __builtin_ctzll(lines);

			if (shared_load(&area->record[line].state) == RECORD_RETURNED &&
			    (first == WIRE_LINES_MAX || area->record[line].returned < area->record[first].returned))
				first = line;
		}
		if (first == WIRE_LINES_MAX)
			return;
		late &= ~(1ULL << first);
		report_answered(first);
	}
}

/* By ticket, from event @first on; a few dozen events, nearly in order. */
void sort_events(u32 first)
{
	struct wire_event *event = run.slot->event;
	u32 i, j;

	for (i = first + 1; i < run.slot->events; i++) {
		struct wire_event moved = event[i];

		for (j = i; j > first && event[j - 1].ticket > moved.ticket; j--)
			event[j] = event[j - 1];
		event[j] = moved;
	}
}
