/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the test mdev among themselves. */
#ifndef VFIOFUZZ_DRIVER_H
#define VFIOFUZZ_DRIVER_H

#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "vfiofuzz.h"

/* Every page that a call pinned and nobody has unpinned, ordered by iova and the newest first among equals. */
struct pins {
	spinlock_t lock;
	struct rb_root tree;
	unsigned int count;
	unsigned int moving;	/* calls that may hold pages which are not in the tree, yet or any more */
	wait_queue_head_t moved;
};

/* At most one call at a time, by a kworker of the device's own queue or by a thread of the device's own. */
struct worker {
	spinlock_t lock;
	bool accepting;			/* between open and close */
	bool busy;
	bool given;			/* the call waits for the device's thread to take it */
	struct vfiofuzz_call call;
	u64 submitted;			/* calls ever; result and value are kept by number modulo */
	int result[VFIOFUZZ_RESULTS];
	u64 value[VFIOFUZZ_RESULTS];
	struct task_struct *runner;	/* referenced while set */
	wait_queue_head_t changed;	/* busy went down, or (for the thread) up */
	struct workqueue_struct *queue;
	struct work_struct work;
	struct task_struct *thread;
};

struct vfiofuzz {
	struct vfio_device vdev;
	unsigned int number;
	bool open;
	struct vfiofuzz_shape shape;
	unsigned int refusals_left;
	struct mutex own_lock;
	struct pins pins;
	struct worker worker;
};

/* device.c */
int vfiofuzz_probe(struct mdev_device *mdev);
void vfiofuzz_remove(struct mdev_device *mdev);
int vfiofuzz_do(struct vfiofuzz *fuzz, struct vfiofuzz_call *call);
int vfiofuzz_do_persistently(struct vfiofuzz *fuzz, struct vfiofuzz_call *call);
void vfiofuzz_take_shape(struct vfiofuzz *fuzz, const struct vfiofuzz_shape *shape);
struct vfiofuzz *vfiofuzz_get(unsigned int number);
void vfiofuzz_put(struct vfiofuzz *fuzz);

/* pins.c */
void pins_init(struct pins *pins);
int pins_take(struct vfiofuzz *fuzz, struct vfiofuzz_call *call);
int pins_drop(struct vfiofuzz *fuzz, struct vfiofuzz_call *call);
void pins_drop_range(struct vfiofuzz *fuzz, u64 iova, u64 length, unsigned int most);
int pins_access(struct vfiofuzz *fuzz, struct vfiofuzz_call *call);

/* worker.c */
int worker_init(struct vfiofuzz *fuzz);
void worker_destroy(struct worker *worker);
void worker_open(struct worker *worker);
void worker_close(struct vfiofuzz *fuzz);
int worker_submit(struct vfiofuzz *fuzz, struct vfiofuzz_submit *submit);
int worker_result(struct vfiofuzz *fuzz, struct vfiofuzz_submit *submit);
int worker_join(struct vfiofuzz *fuzz);
void worker_status(struct worker *worker, struct vfiofuzz_status *status);

/* host.c */
int host_driver_register(void);
void host_driver_unregister(void);
long host_driver_change(unsigned long bind);

/* control.c */
extern struct miscdevice vfiofuzz_control;

#endif
