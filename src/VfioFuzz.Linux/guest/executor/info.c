// SPDX-License-Identifier: GPL-2.0-only
/* GET_INFO, and what a line shows of its answer (InfoView of the host). */
#include <errno.h>
#include <string.h>

#include "executor.h"

#define UNTOUCHED	0xaa
#define ROOM		1024	/* bytes that are looked at: the chain of any platform */
#define LEAST		16	/* of vfio_iommu_type1_info, up to iova_pgsizes */
#define CAPABILITIES	3

enum view { SUMMARY, PAGE_SIZES, CHAIN, MIGRATION, FIRST0, FIRST1, FIRST2, LAST0, LAST1, LAST2, PADDING, HOLES };
enum { CAP_IOVA_RANGE = 1, CAP_MIGRATION = 2, CAP_DMA_AVAIL = 3 };

/* As in the header, which may be older than the kernel. */
struct cap {
	u16 id, version;
	u32 next;
};

struct info {
	u32 argsz, flags;
	u64 iova_pgsizes;
	u32 cap_offset, pad;
};

union answered {
	struct info info;
	u8 bytes[ROOM];
};

/* The next capability at or behind @at that lies in what is looked at, or NULL. */
static const struct cap *cap_at(const union answered *answered, u32 at)
{
	if (at < sizeof(struct info) || at > ROOM - 256)
		return NULL;
	return (const struct cap *)(answered->bytes + at);
}

static const struct cap *first_cap(const union answered *answered)
{
	return answered->info.flags & 2 ? cap_at(answered, answered->info.cap_offset) : NULL;
}

static const struct cap *find_cap(const union answered *answered, u16 id)
{
	const struct cap *cap = first_cap(answered);
	unsigned int i;

	for (i = 0; cap && cap->id != id && i < 8; i++)
		cap = cap_at(answered, cap->next);
	return cap && cap->id == id ? cap : NULL;
}

static u32 word(const struct cap *cap, u32 at)
{
	u32 value = 0;

	if (cap)
		memcpy(&value, (const u8 *)cap + at, sizeof(value));
	return value;
}

static u64 wide(const struct cap *cap, u32 at)
{
	return word(cap, at) | (u64)word(cap, at + 4) << 32;
}

static u64 summary(const union answered *answered)
{
	const struct cap *cap = first_cap(answered);
	u64 known = 0, size = answered->info.argsz < 0xffff ? answered->info.argsz : 0xffff;
	unsigned int i;

	for (i = 0; cap && i < 8; i++) {
		known |= cap->id == CAP_MIGRATION ? 1 : cap->id == CAP_DMA_AVAIL ? 2 : cap->id == CAP_IOVA_RANGE ? 4 : 8;
		cap = cap_at(answered, cap->next);
	}
	return size | (u64)(answered->info.flags & 0xf) << 16 | known << 20 |
	       (u64)(word(find_cap(answered, CAP_IOVA_RANGE), 8) & 0xff) << 24 |
	       (u64)word(find_cap(answered, CAP_DMA_AVAIL), 8) << 32;
}

static u64 chain(const union answered *answered)
{
	u64 value = answered->info.cap_offset & 0xffff;
	const struct cap *cap = first_cap(answered);
	unsigned int i;

	for (i = 1; cap && i <= CAPABILITIES; i++) {
		u64 offset = (const u8 *)cap - answered->bytes;

		value |= ((offset & 0xff) | (u64)(cap->id & 0xf) << 8 | (u64)(cap->version & 0xf) << 12) << (16 * i);
		cap = cap_at(answered, cap->next);
	}
	return value;
}

static u64 migration(const union answered *answered)
{
	const struct cap *cap = find_cap(answered, CAP_MIGRATION);
	u64 sizes = wide(cap, 16), rest, count = 0;

	if (!sizes)
		return 0;
	for (rest = sizes; rest; rest &= rest - 1)
		count++;
	return (word(cap, 8) & 0xff) | (u64)__builtin_ctzll(sizes) << 8 | count << 16 | wide(cap, 24) << 24;
}

static u64 bound(const union answered *answered, u32 range, u32 at)
{
	const struct cap *cap = find_cap(answered, CAP_IOVA_RANGE);

	return range < word(cap, 8) ? wide(cap, 16 + 16 * range + at) : 0;
}

static u64 show(const union answered *answered, u64 view)
{
	switch (view) {
	case SUMMARY:
		return summary(answered);
	case PAGE_SIZES:
		return answered->info.iova_pgsizes;
	case CHAIN:
		return chain(answered);
	case MIGRATION:
		return migration(answered);
	case PADDING:
		return answered->info.pad | (u64)word(find_cap(answered, CAP_DMA_AVAIL), 12) << 32;
	case HOLES:
		return word(find_cap(answered, CAP_MIGRATION), 12) |
		       (u64)word(find_cap(answered, CAP_IOVA_RANGE), 12) << 32;
	case FIRST0 ... FIRST2:
		return bound(answered, view - FIRST0, 0);
	default:
		return bound(answered, view - LAST0, 8);
	}
}

/* Whether the kernel kept to the bytes that the program said are its. */
static int kept_to(const union answered *answered, u32 argsz)
{
	for (; argsz < ROOM; argsz++)
		if (answered->bytes[argsz] != UNTOUCHED)
			return 0;
	return 1;
}

struct answer get_info(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	union answered answered;
	struct answer answer;

	if (slot_kind(call->process, operation->a) >= SLOT_DEVICE)
		return not_run();
	memset(&answered, UNTOUCHED, sizeof(answered));
	answered.info.argsz = operation->x;
	answer = succeeded(sys_ioctl(slot_fd(operation->a), VFIO_IOMMU_GET_INFO,
				     hand_over(call, operation->w, &answered, LEAST, sizeof(answered))));
	if (answer.error)
		return answer;
	take_back_struct(call, operation->w, &answered, LEAST, sizeof(answered));
	if (!kept_to(&answered, operation->x))
		return fails(EPROTO);
	answer.value = show(&answered, operation->y);
	return answer;
}
