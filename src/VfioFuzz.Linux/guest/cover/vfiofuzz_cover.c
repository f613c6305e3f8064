// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the type1 module has been: which of its blocks ran since the last reset, and which steps from one block to the next. The module is built with
 * -fsanitize-coverage=trace-pc and calls in here at each block; each is told once, in the order of first sight.
 */
#include <linux/bitmap.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "cover.h"

struct place {
	struct task_struct *task;
	u32 pc;
};

static struct cover_area *area;
static u32 start;			/* of the traced code: where a module is loaded differs from boot to boot */
static DECLARE_BITMAP(blocks_seen, COVER_KEYS);
static DECLARE_BITMAP(steps_seen, COVER_KEYS);
static DEFINE_PER_CPU(struct place, last);

static notrace void note(u32 *count, u32 *list, u32 room, u32 entry)
{
	u32 at = atomic_inc_return((atomic_t *)count) - 1;

	if (at < room)
		list[at] = entry;
}

notrace void __sanitizer_cov_trace_pc(void);
notrace void __sanitizer_cov_trace_pc(void)
{
	u32 pc = (u32)(unsigned long)__builtin_return_address(0) - start;
	struct place *place;
	u32 step;

	if (!area)
		return;
	/* Moving to another CPU here costs one step at most; to forbid it would call into the scheduler from where type1 may not. */
	place = raw_cpu_ptr(&last);
	step = ((place->task == current ? place->pc * 5 : 0) ^ pc) & (COVER_KEYS - 1);
	place->task = current;
	place->pc = pc;
	if (!test_and_set_bit(pc & (COVER_KEYS - 1), blocks_seen))
		note(&area->blocks, area->block, COVER_BLOCKS, pc);
	if (!test_and_set_bit(step, steps_seen))
		note(&area->steps, area->step, COVER_STEPS, step);
}
EXPORT_SYMBOL(__sanitizer_cov_trace_pc);

/* A write starts anew, and says where the traced code starts (the low half of the address); nothing traced may be running. */
static ssize_t cover_write(struct file *file, const char __user *data, size_t size, loff_t *offset)
{
	u32 i;

	if (size != sizeof(start) || copy_from_user(&start, data, sizeof(start)))
		return -EINVAL;

	for (i = 0; i < min_t(u32, area->blocks, COVER_BLOCKS); i++)
		clear_bit(area->block[i] & (COVER_KEYS - 1), blocks_seen);
	for (i = 0; i < min_t(u32, area->steps, COVER_STEPS); i++)
		clear_bit(area->step[i], steps_seen);
	area->blocks = area->steps = 0;
	return size;
}

static int cover_mmap(struct file *file, struct vm_area_struct *vma)
{
	return remap_vmalloc_range(vma, area, 0);
}

static const struct file_operations operations = { .owner = THIS_MODULE, .write = cover_write, .mmap = cover_mmap };
static struct miscdevice device = { .minor = MISC_DYNAMIC_MINOR, .name = "vfiofuzz_cover", .fops = &operations, .mode = 0600 };

static int __init cover_init(void)
{
	area = vmalloc_user(sizeof(*area));
	return area ? misc_register(&device) : -ENOMEM;
}

static void __exit cover_exit(void)
{
	misc_deregister(&device);
	vfree(area);
}

module_init(cover_init);
module_exit(cover_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("coverage of one module");
