// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver's records of what it pinned. type1 counts pins by exact iova (0x800 and 0x0 are two), so do the records;
 * a driver that loses one walks its user's UNMAP_DMA into the BUG_ON of the notify loop.
 */
#include <linux/highmem.h>
#include <linux/iommu.h>
#include <linux/slab.h>

#include "driver.h"

/*
 * How long a callback that finds nothing waits for pages on their way into the records or out of them: bounded, since a
 * pin call may itself wait; ten times as long must do for a processor that the host takes from the guest.
 */
#define MOVING_MS	10

struct record {
	struct rb_node node;
	u64 iova;
	u32 access;
	struct page *page;
};

void pins_init(struct pins *pins)
{
	spin_lock_init(&pins->lock);
	pins->tree = RB_ROOT;
	pins->count = 0;
	pins->moving = 0;
	init_waitqueue_head(&pins->moved);
}

static struct record *record_of(struct rb_node *node)
{
	return rb_entry_safe(node, struct record, node);
}

/* Goes left of its equals: the newest is met first. */
static void insert(struct pins *pins, struct record *record)
{
	struct rb_node **link = &pins->tree.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = record->iova <= record_of(parent)->iova ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&record->node, parent, link);
	rb_insert_color(&record->node, &pins->tree);
	pins->count++;
}

static struct record *remove(struct pins *pins, struct record *record)
{
	rb_erase(&record->node, &pins->tree);
	pins->count--;
	return record;
}

/* The newest record at the least iova that is @first or above, at most @last; NULL when there is none. */
static struct record *lowest(struct pins *pins, u64 first, u64 last)
{
	struct rb_node *node = pins->tree.rb_node;
	struct record *found = NULL;

	while (node) {
		struct record *record = record_of(node);

		if (record->iova >= first) {
			found = record;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found && found->iova <= last ? found : NULL;
}

static void free_records(struct record **records, unsigned int count)
{
	while (count--)
		kfree(records[count]);
	kfree(records);
}

static struct record **allocate_records(unsigned int count)
{
	struct record **records = kcalloc(count, sizeof(*records), GFP_KERNEL);
	unsigned int i;

	for (i = 0; records && i < count; i++) {
		records[i] = kzalloc(sizeof(**records), GFP_KERNEL);
		if (!records[i]) {
			free_records(records, i);
			return NULL;
		}
	}
	return records;
}

static void begin_move(struct pins *pins)
{
	spin_lock(&pins->lock);
	pins->moving++;
	spin_unlock(&pins->lock);
}

static void end_move(struct pins *pins, struct record **records, int count)
{
	int i;

	spin_lock(&pins->lock);
	for (i = 0; i < count; i++) {
		insert(pins, records[i]);
		records[i] = NULL;
	}
	pins->moving--;
	spin_unlock(&pins->lock);
	wake_up_all(&pins->moved);
}

/*
 * Records exist before the pages are pinned: afterwards nothing can fail, and the moment between is as short as
 * can be.
 */
int pins_take(struct vfiofuzz *fuzz, struct vfiofuzz_call *call)
{
	int prot = (call->access & VFIOFUZZ_READ ? IOMMU_READ : 0) | (call->access & VFIOFUZZ_WRITE ? IOMMU_WRITE : 0);
	int count = min_t(u64, call->count, VFIO_PIN_PAGES_MAX_ENTRIES + 1);
	unsigned int room = clamp_t(int, count, 1, VFIO_PIN_PAGES_MAX_ENTRIES);
	struct record **records = allocate_records(room);
	struct page **pages = kcalloc(room, sizeof(*pages), GFP_KERNEL);
	int result = -ENOMEM, i;

	if (!records || !pages)
		goto out;
	begin_move(&fuzz->pins);
	result = vfio_pin_pages(&fuzz->vdev, call->iova, count, prot, pages);
	for (i = 0; i < result; i++) {
		records[i]->iova = call->iova + (u64)i * PAGE_SIZE;
		records[i]->access = call->access;
		records[i]->page = pages[i];
	}
	end_move(&fuzz->pins, records, result);
	if (result > 0)
		call->value = result;
out:
	kfree(pages);
	if (records)
		free_records(records, room);
	return min(result, 0);
}

static void unpin(struct vfiofuzz *fuzz, struct record *record)
{
	vfio_unpin_pages(&fuzz->vdev, record->iova, 1);
	kfree(record);
}

/* Whether @iova is one of @count pages from @first; iovas wrap as in type1's own arithmetic. */
static bool covers(u64 first, u64 count, u64 iova)
{
	u64 distance = iova - first;

	return !(distance & ~PAGE_MASK) && distance >> PAGE_SHIFT < count;
}

/* The lowest iova's newest record among those that @call covers, at @from or above. */
static struct record *take_covered(struct pins *pins, struct vfiofuzz_call *call, u64 from)
{
	struct record *record;

	spin_lock(&pins->lock);
	for (record = lowest(pins, from, U64_MAX); record; record = record_of(rb_next(&record->node)))
		if (covers(call->iova, call->count, record->iova))
			break;
	if (record)
		remove(pins, record);
	spin_unlock(&pins->lock);
	return record;
}

int pins_drop(struct vfiofuzz *fuzz, struct vfiofuzz_call *call)
{
	struct record *record;
	u64 from = 0;

	begin_move(&fuzz->pins);
	while ((record = take_covered(&fuzz->pins, call, from))) {
		from = record->iova + 1;
		unpin(fuzz, record);
		call->value++;
		if (!from)
			break;
	}
	end_move(&fuzz->pins, NULL, 0);
	return 0;
}

static struct record *take_lowest(struct pins *pins, u64 iova, u64 length)
{
	struct record *record;

	spin_lock(&pins->lock);
	record = lowest(pins, iova, iova + (length - 1));
	if (record)
		remove(pins, record);
	spin_unlock(&pins->lock);
	return record;
}

static bool nothing_moves(struct pins *pins)
{
	bool nothing;

	spin_lock(&pins->lock);
	nothing = !pins->moving;
	spin_unlock(&pins->lock);
	return nothing;
}

/*
 * Unpins at most @most records of the range. A range without a record is notified only when a pin call has its
 * pages and has not recorded them yet, or an unpin has taken a record whose page it still has: they get a moment, or
 * type1 would come ten times in a row and stop the machine.
 */
void pins_drop_range(struct vfiofuzz *fuzz, u64 iova, u64 length, unsigned int most)
{
	struct pins *pins = &fuzz->pins;
	struct record *record;
	unsigned int dropped = 0;

	begin_move(pins);
	while (dropped < most && (record = take_lowest(pins, iova, length))) {
		unpin(fuzz, record);
		dropped++;
	}
	end_move(pins, NULL, 0);
	if (!dropped && most)
		wait_event_timeout(pins->moved, nothing_moves(pins), msecs_to_jiffies(MOVING_MS));
}

/* The device's own access: no translation, the page that was pinned. */
int pins_access(struct vfiofuzz *fuzz, struct vfiofuzz_call *call)
{
	struct pins *pins = &fuzz->pins;
	u64 iova = call->iova & PAGE_MASK;
	bool write = call->access & VFIOFUZZ_WRITE;
	struct record *record;
	int result = -EFAULT;
	u8 *bytes;

	spin_lock(&pins->lock);
	for (record = lowest(pins, iova, iova); record && record->iova == iova; record = record_of(rb_next(&record->node))) {
		if (write && !(record->access & VFIOFUZZ_WRITE))
			continue;
		bytes = kmap_atomic(record->page);
		if (write)
			memset(bytes, call->tag, PAGE_SIZE);
		else
			call->value = bytes[0];
		kunmap_atomic(bytes);
		result = 0;
		break;
	}
	spin_unlock(&pins->lock);
	return result;
}
