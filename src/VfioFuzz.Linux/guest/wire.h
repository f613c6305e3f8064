/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The form of programs and histories in the memory that host and guest share (ivshmem). Little-endian, naturally
 * aligned; the host's side is VfioFuzz.Linux/Wire.cs, and a test compares the two through the sizes the guest
 * reports. Operation, device and event layouts are those of VfioFuzz.Programs.
 */
#ifndef VFIOFUZZ_WIRE_H
#define VFIOFUZZ_WIRE_H

#include <linux/types.h>

#define WIRE_MAGIC	0x7a66667600000006ULL	/* changes with any layout */
#define WIRE_SLOTS	8			/* programs in the ring */
#define WIRE_LINES_MAX	64
#define WIRE_EVENTS_MAX	512
#define WIRE_TEXT_MAX	4096

struct wire_operation {
	__u8 kind, task, a, b;
	__u32 flags;
	__u64 x, y, z, w, v;
};

struct wire_device {
	__u8 kind, by, lock, callback, refuse_count, on_fault, retry_count, has_sibling;
};

/* One fact, as HistoryEvent. */
struct wire_event {
	__u8 kind, answer_kind;
	__u16 line;
	__s32 error;		/* positive errno, 0 for success */
	__u64 value;
	__u64 ticket;
};

enum wire_slot_state {
	WIRE_FREE = 0,		/* the host may fill it */
	WIRE_SUBMITTED = 1,	/* the guest may run it */
	WIRE_DONE = 2,		/* the host may read the events */
};

/*
 * What the program is made of, and which of two standing processes is its p0: one in the memory of the executor's
 * supervisor, or one in memory of its own. Either outlives its program and is reset, unless the program left its mark on
 * it (exec, exit, a blocked call, a charge that stays): then there is a new one for the next.
 */
enum wire_lane {
	WIRE_LANE_INPROCESS = 0,
	WIRE_LANE_PROCESS = 1,
};

struct wire_slot {
	__u32 state;		/* enum wire_slot_state; release/acquire */
	__u32 lane;
	__u32 lines;
	__u32 settle_ms;	/* how long a task must sleep before its line counts as blocked */
	__u64 sequence;		/* the host's number of this program */
	__u32 progress;		/* line last started + 1, for the host's report when the guest dies */
	__u32 events;		/* how many of event[] are valid */
	__u64 busy_us;		/* how long the guest was at the program */
	struct wire_device device[4];
	__u8 block[WIRE_LINES_MAX];	/* par block number of each line, 0: sequential */
	struct wire_operation operation[WIRE_LINES_MAX];
	struct wire_event event[WIRE_EVENTS_MAX];
	char text[WIRE_TEXT_MAX];	/* states and stacks of stuck tasks, NUL-terminated */
};

enum wire_command {
	WIRE_COMMAND_NONE = 0,
	WIRE_COMMAND_PIN_COUNTERS = 1,	/* refresh and report nr_foll_pin_acquired, _released in value[0], value[1] */
	WIRE_COMMAND_SWAP_TYPE1 = 2,	/* rmmod the type1 module, load text as a path in the guest */
	WIRE_COMMAND_POWER_OFF = 3,
};

struct wire_header {
	__u64 magic;		/* written by the guest last, when it is ready for the first program */
	__u32 size_operation, size_event, size_slot, size_header;
	__u64 heartbeat;	/* grows while the guest's supervisor lives */
	__u32 devices_pci, devices_mdev;	/* how many of each kind the guest offers */
	__u64 pci_page_sizes;
	__u32 pci_ranges, dma_entry_limit;
	__u64 pci_range[8][2];	/* inclusive */
	__u32 capability_update_vaddr_pci, capability_update_vaddr_mdev;	/* probes of the dialect */
	__u32 write_only_reads;	/* whether a device may read through a write-only mapping: the IOMMU's freedom */
	__u32 huge_pages;	/* of 2 MiB, at the address that programs know */
	__u32 dma_cc;		/* CHECK_EXTENSION(DMA_CC) of a container with a pci device: whether its IOMMU enforces coherency */
	__u32 unsafe_interrupts;	/* whether its group is attached only while allow_unsafe_interrupts is set */
	char kernel[128];	/* uname -r, space, uname -v */
	char failure[512];	/* why the guest cannot be used, with the missing option; then magic is still written */
	__u32 command;		/* enum wire_command; the guest sets it back to NONE when done */
	__s32 command_result;	/* 0 or negative errno */
	__u64 command_value[4];
	char command_text[512];
};

/* Slots follow the header at WIRE_SLOT_OFFSET. */
#define WIRE_SLOT_OFFSET	8192

/*
 * A slot's coverage, where the type1 module is built to tell it (guest/cover): blocks as distances from the start of the module's code, in the order
 * of first sight, then keys of steps between two of them.
 */
#define WIRE_COVERAGE_OFFSET	0x40000
#define WIRE_COVERAGE_MAX	8190

struct wire_coverage {
	__u32 blocks, steps;
	__u32 entry[WIRE_COVERAGE_MAX];
};

#endif
