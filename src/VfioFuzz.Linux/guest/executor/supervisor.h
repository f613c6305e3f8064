/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The supervisor's parts among themselves. It is process 1, single-threaded, and never does an operation of a
 * program itself.
 */
#ifndef SUPERVISOR_H
#define SUPERVISOR_H

#include "executor.h"

enum reset_reason {	/* values of EVENT_RESET_FAILED */
	RESET_STUCK = 1,	/* a task does not die */
	RESET_TYPE1_BUSY = 2,	/* the type1 module is still in use */
	RESET_MDEV_BUSY = 3,	/* a test mdev is still open or has records */
	RESET_STUCK_ALONE = 4,	/* a task does not die, and only its process was killed */
	RESET_MAIL_STUCK = 5,	/* the release of a file that nobody took from a mailbox waits: the guest is lost, the program has its answers */
	RESET_UNBOUND = 6,	/* a device that the program unbound does not get its driver again */
};

/* What the supervisor knows of the program that runs. */
struct run {
	struct wire_slot *slot;
	u64 pending;		/* lines reported Blocked that have not answered yet */
	u64 quiet_signature;	/* of the tasks asleep when the lines last settled */
	u32 blocked_ever;
};
extern struct run run;

/* events.c */
void emit(u32 kind, unsigned int line, const struct answer *answer, u64 value, u64 ticket);
void report_called(unsigned int line);
void report_answered(unsigned int line);
void report_blocked(unsigned int line);
void report_settled(void);
void report_late_answers(u64 started);
void sort_events(u32 first);

/* watch.c */
struct stillness {
	u64 signature, since;
};

u64 still_us(struct stillness *stillness);
void settle(void);
int task_idle(unsigned int task);
u64 lines_in_calls(void);
void take_worker_results(void);
void query_workers(struct vfiofuzz_query *query);

/* evidence.c */
int passing(int pid, int tid);
u64 task_progress(int pid, int tid);
int others_runnable(void);
void describe_stuck(void);
void add_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* life.c */
void watch_children(void);
int children_changed(void);
void reap(void);
void end_siblings_of_execs(void);
void start_first_process(void);
int send_death(unsigned int number);
void kill_all(unsigned int first);
int anyone_dying(void);

/* cover.c */
void open_cover(void);
void begin_cover(void);
void tell_cover(unsigned int slot);

/* teardown.c */
void run_chore(unsigned int number, enum chore chore);
void tear_down_program(void);
void forget_type1(void);

#endif
