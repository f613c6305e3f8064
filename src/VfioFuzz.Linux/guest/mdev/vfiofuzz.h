/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What user space may ask of the test mdev. Calls by the program's own threads go through the device's file; what is
 * the harness's business (shapes, submitting to workers, watching them) goes through the control node /dev/vfiofuzz.
 */
#ifndef VFIOFUZZ_H
#define VFIOFUZZ_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define VFIOFUZZ_DEVICES_MAX	4	/* a device's number is the last byte of its uuid */
#define VFIOFUZZ_RESULTS	64	/* results that are kept of a device's worker */
#define VFIOFUZZ_RW_MAX		16384	/* bytes of one dma_rw */

enum vfiofuzz_what {
	VFIOFUZZ_PIN = 1,	/* count pages from iova; value: pages pinned */
	VFIOFUZZ_UNPIN = 2,	/* count pages from iova; value: records dropped */
	VFIOFUZZ_DMA_RW = 3,	/* count bytes at iova; value: first byte read when iova is page-aligned */
	VFIOFUZZ_ACCESS = 4,	/* the device's own access to the pinned page at iova; value: first byte read */
};

#define VFIOFUZZ_READ	1
#define VFIOFUZZ_WRITE	2

struct vfiofuzz_call {
	__u32 what;		/* enum vfiofuzz_what */
	__u32 access;		/* VFIOFUZZ_READ, VFIOFUZZ_WRITE */
	__u64 iova;
	__u64 count;
	__u64 value;		/* out */
	__u32 tag;		/* what a write writes */
	__u32 pad;
};

enum { VFIOFUZZ_BY_WORKER, VFIOFUZZ_BY_KTHREAD, VFIOFUZZ_BY_CALLER };
enum { VFIOFUZZ_LOCK_NONE, VFIOFUZZ_LOCK_OWN, VFIOFUZZ_LOCK_SHARED };
enum { VFIOFUZZ_CALLBACK_UNPIN, VFIOFUZZ_CALLBACK_REFUSE, VFIOFUZZ_CALLBACK_TOO_LITTLE, VFIOFUZZ_CALLBACK_NONE };
enum { VFIOFUZZ_ON_FAULT_STOP, VFIOFUZZ_ON_FAULT_RETRY };

/* How a device's driver behaves until the next shape; refused with EBUSY while the device is open. */
struct vfiofuzz_shape {
	__u8 device, by, lock, callback, refuse_count, on_fault, retry_count, pad;
};

struct vfiofuzz_submit {
	__u32 device;
	__u32 wait_ms;		/* how long to wait for the result; 0: not at all */
	struct vfiofuzz_call call;
	__u64 number;		/* out: the worker's number of the call; in, for RESULT */
	__s32 result;		/* out: 0, a negative errno, or -EINPROGRESS */
	__u32 pad;
};

/* One device as the supervisor sees it. */
struct vfiofuzz_status {
	__u8 present, open, busy, asleep;	/* asleep: the worker's task is neither running nor runnable */
	__s32 pid;		/* of the task that is at work, 0 when none is */
	__u64 switches;		/* of that task: when it stays the same, the task has not run */
	__u32 records;		/* pins that the driver holds */
	__u32 pad;
};

struct vfiofuzz_query {
	struct vfiofuzz_status device[VFIOFUZZ_DEVICES_MAX];
};

/* On the device's file. The numbers mean nothing to containers, groups and vfio-pci. */
#define VFIOFUZZ_CALL	_IO(';', 0xe0)	/* struct vfiofuzz_call */

/* On the control node. */
#define VFIOFUZZ_SHAPE	_IOW('v', 1, struct vfiofuzz_shape)
#define VFIOFUZZ_SUBMIT	_IOWR('v', 2, struct vfiofuzz_submit)
#define VFIOFUZZ_JOIN	_IO('v', 3)	/* device number; waits, killable, until the worker is idle */
#define VFIOFUZZ_RESULT	_IOWR('v', 5, struct vfiofuzz_submit)	/* of the call @number */
#define VFIOFUZZ_LOCKED	_IO('v', 6)	/* process id; answers its VmLck in pages, 40 times faster than proc */
#define VFIOFUZZ_SIBLING	_IO('v', 7)	/* 1: the host's driver takes the sibling, 0: lets go of it */
#define VFIOFUZZ_QUERY	_IOR('v', 4, struct vfiofuzz_query)

#endif
