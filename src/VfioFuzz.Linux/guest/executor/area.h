/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that the supervisor and every process of a program share, at one address in every image. The supervisor
 * alone writes events; program threads fill the records of their lines, so a thread may die at any moment.
 */
#ifndef AREA_H
#define AREA_H

#include "../mdev/vfiofuzz.h"
#include "../wire.h"
#include "sys.h"

#define PROCESSES	4
#define THREADS		2
#define TASKS		(PROCESSES * THREADS)
#define SLOTS		16
#define DEVICES		4
#define MAILBOX_MAX	4
#define PAGE		4096ULL

#define SLOT_FD		100	/* slot n of a program is this fd + n */
#define STRAY_FD_FIRST	3	/* where the kernel puts a new fd before it is moved to its slot */
#define STRAY_FD_LAST	59

/* The executor's own fds; they survive exec so that the next image finds them, and hold nothing of VFIO. */
#define FD_AREA		60
#define FD_CHANNEL	61
#define FD_CONTROL	62	/* /dev/vfiofuzz */
#define FD_SHARED	63	/* memfd s0 */
#define FD_FILE		64	/* file f0 */
#define FD_DEVICE	65	/* the vfio-pci device whose memory programs map */
#define FD_HUGE		66	/* a file of one huge page, if the kernel has one */
#define FD_ENTRY_LIMIT	67	/* dma_entry_limit of the type1 that was loaded when this was opened */
#define FD_UNSAFE_INTERRUPTS 68	/* the same of allow_unsafe_interrupts */
#define FD_MAILBOX	70	/* process p: sending end FD_MAILBOX + 2p, receiving end the next */

#define WINDOW_BASE	0x1000000000ULL
#define WINDOW_PAGES	16ULL
#define WINDOW_END	(WINDOW_BASE + WINDOW_PAGES * PAGE)
#define HUGE_BASE	0x2000000000ULL
#define HUGE_SIZE	0x200000ULL
#define OWN_BASE	0x3000000000ULL	/* memory that no line names, for mlock */
#define OWN_PAGES	16ULL
#define AREA_BASE	0x700000000ULL
#define CHANNEL_BASE	0x710000000ULL
#define DEVICE_BASE	0x720000000ULL	/* the supervisor's own view of that device's memory */

#define TAG_INITIAL	0xa0
/*
 * Never 0 in a page that exists: a device that is not let through to memory reads zeros, and so tells "tag zero" from
 * "no memory". Writes of a tag cover it with the tag, which is not 0 either.
 */
#define MARK_OFFSET	8
#define MARK		0x55

enum device_kind { DEVICE_ABSENT, DEVICE_PCI, DEVICE_MDEV };
enum event_kind {
	EVENT_CALLED = 1, EVENT_ANSWERED, EVENT_BLOCKED, EVENT_SETTLED, EVENT_LOCKED_AT_END, EVENT_LOCKED_AFTER_TEARDOWN,
	EVENT_PIN_BALANCE, EVENT_RESET_FAILED,
};
enum answer_kind { ANSWER_NONE, ANSWER_RETURNED, ANSWER_BLOCKED, ANSWER_BUSY, ANSWER_NOT_RUN, ANSWER_KILLED };

struct answer {
	u32 kind;
	int error;
	u64 value;
};

enum record_state {
	RECORD_NONE,
	RECORD_CALLED,		/* its thread is inside the call */
	RECORD_WORKER,		/* submitted; the thread is free, the answer is the worker's */
	RECORD_RETURNED,	/* the answer stands */
};

struct record {
	u32 state;
	u32 reported;		/* the supervisor's: which events of this line are out */
	struct answer answer;
	u64 called, returned;	/* tickets */
	u64 submitted;		/* RECORD_WORKER: the worker's number of the call */
};

struct task {
	u64 lines;	/* to be run, lowest first; idle without. The supervisor may take back all but the current */
	u32 go;		/* futex: grows with each dispatch */
	u32 chore;	/* enum chore: the supervisor's own errand, done when there are no lines */
	u32 parallel;	/* the lines are of a par block */
	u32 waits;	/* for the others of the block, at the barrier, before the first line */
	u32 processor;	/* + 1: where to be in a par block; 0 anywhere */
	u32 bound;	/* + 1: the processor that it is bound to */
	u32 gone;	/* dead, with its process or by its sibling's exec */
	u32 capability_dropped;
	int tid;
};

enum chore { CHORE_NONE, CHORE_RAISE_CAPABILITY, CHORE_START_SECOND, CHORE_TEAR_DOWN };

enum life { LIFE_NONE, LIFE_LIVE, LIFE_DEAD };

/* What is at a slot: enough to know which ioctls may be issued. */
enum slot_kind { SLOT_EMPTY, SLOT_CONTAINER, SLOT_GROUP, SLOT_DEVICE /* + device number */ };

#define READY_NEVER	2	/* the forking thread died, and the child did not come in time: it is not to come any more */

struct process {
	u32 life;	/* futex: those who kill or exit wait here for the reaping */
	u32 ready;	/* futex: the child of a fork stands; or READY_NEVER */
	u32 dying;	/* it was killed or exits: its end is to be watched */
	u32 replaced;	/* an exec has happened */
	int pid;
	u32 mailbox;	/* messages in it */
	u8 slot[SLOTS];
	u32 filler[SLOTS];	/* task + 1 that is about to put a file there */
};

/* A page of the window lies at its own offset in the first region of memory that the device has. */
#define DEVICE_MEMORY_OFFSET	((u64)2 << 40)

struct device {
	u8 kind, number;	/* enum device_kind, which of its kind */
	u8 has_sibling;		/* another function is in its group */
	char path[24];		/* of the group */
	char name[40];		/* as GROUP_GET_DEVICE_FD wants it */
};

struct shared_area {
	u32 attention;		/* futex: the supervisor's; grows when a task becomes idle */
	u32 barrier;		/* tasks of a par block that have not arrived */
	u64 ticket;
	u32 slot;		/* of the ring, being run */
	u32 processors;		/* of the guest */
	u32 second_threads;	/* bit p: the program has lines of process p's thread t1 */
	u32 window_changed;	/* pages that were mapped or unmapped, a bit each */
	u32 memory_changed;	/* s0 or f0 may have been written */
	u32 huge_changed;	/* the huge page may have been written */
	u32 device_changed;	/* the device's memory may have been written */
	u32 limit_changed;
	u32 own_locked;		/* memory that no line names may be locked */
	u32 entry_limit_changed;
	u32 unsafe_interrupts_changed;
	u32 device_off;		/* that memory may be disabled */
	u32 sibling_changed;	/* the sibling may have a driver */
	u32 unbound;		/* devices of the program that may have no driver, a bit each */
	u32 dma_engines;	/* pci devices that master the bus at our command, a bit each */
	u32 dma_user;		/* task + 1 that is programming one, or 0 */
	u32 dma_enabled;	/* engines that are set up for this program, a bit each */
	struct process process[PROCESSES];
	struct task task[TASKS];
	struct record record[WIRE_LINES_MAX];
	struct device device[DEVICES];
};

/*
 * One for each sort of p0 (enum wire_lane): both stand between programs, each parked at its own area. The supervisor turns
 * to the one that a program needs; a process knows only its own.
 */
#define AREAS		2
extern struct shared_area *area;

static inline struct shared_area *area_of(u32 lane)
{
	return (struct shared_area *)AREA_BASE + lane;
}

#define channel	((struct wire_header *)CHANNEL_BASE)

static inline struct wire_slot *ring_slot(u32 number)
{
	return (struct wire_slot *)(CHANNEL_BASE + WIRE_SLOT_OFFSET) + number;
}

static inline struct wire_slot *this_slot(void)
{
	return ring_slot(area->slot);
}

static inline u64 next_ticket(void)
{
	return shared_add(&area->ticket, 1) + 1;
}

static inline unsigned int process_of(unsigned int task)
{
	return task / THREADS;
}

static inline struct answer returned(long result)
{
	return result < 0 ? (struct answer){ ANSWER_RETURNED, -result, 0 } : (struct answer){ ANSWER_RETURNED, 0, result };
}

/* For calls whose success is 0 to the program, whatever the kernel's number. */
static inline struct answer succeeded(long result)
{
	return returned(result < 0 ? result : 0);
}

static inline struct answer fails(int error)
{
	return (struct answer){ ANSWER_RETURNED, error, 0 };
}

static inline struct answer not_run(void)
{
	return (struct answer){ ANSWER_NOT_RUN, 0, 0 };
}

#endif
