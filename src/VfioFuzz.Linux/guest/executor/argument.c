// SPDX-License-Identifier: GPL-2.0-only
/* Structs in user memory as programs want them handed over: UserArgument and UserBitmap of the host. */
#include <string.h>
#include <sys/mman.h>

#include "executor.h"

#define PLACE_SHIFT	5
#define SIZE_MASK	0x1f
#define BITMAP_SIZE_MAX	(1ULL << 28)
#define KERNEL_ADDRESS	0xffff888000000000ULL

enum place { PLACE_GOOD, PLACE_NULL, PLACE_UNMAPPED, PLACE_SPLIT, PLACE_EDGE, PLACE_READ_ONLY, PLACE_KERNEL, PLACE_ODD };
enum bitmap_size { SIZE_EXACT, SIZE_EMPTY, SIZE_SHORT, SIZE_LONG, SIZE_MOST, SIZE_TOO_MUCH, SIZE_ENDLESS };

static const u32 stated_sizes[SIZE_MASK + 1] = {
	0, 0, 4, 7, 8, 9, 15, 16, 20, 23, 24, 25, 31, 32, 33, 40, 47, 48, 49, 56, 64, 128, 4096, 0x7fffffff, 0x80000000,
	0xffffffff,
};

static const u64 page_sizes[8] = { PAGE, 1, 0x800, 2 * PAGE, 3 * PAGE, 0x200000, 0x8000000000000000ULL, PAGE };

/* A page, what is without access behind it, and a page that is only read. */
struct memory {
	u8 *page, *hole, *constant;
};

/*
 * For the data of bitmaps, of each thread of this image. The kernel writes far behind the page when the range is long, so that
 * as much as it may write is without access.
 */
#define BITMAP_BASE(thread)	(0x800000000ULL + ((u64)(thread) << 30))
#define BITMAP_ROOM		(1ULL << 29)

static u8 structs[THREADS][3][PAGE] __attribute__((aligned(4096)));
static u8 reserved[THREADS];

static void protect(void *page, int protection)
{
	sys3(__NR_mprotect, (long)page, PAGE, protection);
}

static struct memory memory_of_structs(const struct call *call)
{
	u8 (*pages)[PAGE] = structs[call->task % THREADS];

	return (struct memory){ pages[0], pages[1], pages[2] };
}

static struct memory memory_of_bitmaps(const struct call *call)
{
	unsigned int thread = call->task % THREADS;
	u8 *base = (u8 *)BITMAP_BASE(thread);

	if (!reserved[thread]) {
		sys_mmap((u64)base, 2 * BITMAP_ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
		protect(base, PROT_READ | PROT_WRITE);
		protect(base + BITMAP_ROOM, PROT_READ);
		reserved[thread] = 1;
	}
	return (struct memory){ base, base + PAGE, base + BITMAP_ROOM };
}

u32 stated_size(u8 code, u32 wanted)
{
	return code & SIZE_MASK ? stated_sizes[code & SIZE_MASK] : wanted;
}

/* Where @size bytes lie, of which the kernel copies @head first; NULL when they are nowhere. */
static u8 *place(const struct memory *memory, unsigned int where, u32 head)
{
	switch (where) {
	case PLACE_SPLIT:
		return memory->hole - head + 1;
	case PLACE_EDGE:
		return memory->hole - head;
	case PLACE_READ_ONLY:
		return memory->constant;
	case PLACE_ODD:
		return memory->page + 1;
	default:
		return memory->page;
	}
}

static u64 address_of(const struct memory *memory, unsigned int where, u32 head)
{
	switch (where) {
	case PLACE_NULL:
		return 0;
	case PLACE_UNMAPPED:
		return (u64)memory->hole;
	case PLACE_KERNEL:
		return KERNEL_ADDRESS;
	default:
		return (u64)place(memory, where, head);
	}
}

/* How much of @size bytes at their place is there. */
static u32 present(unsigned int where, u32 head, u32 size)
{
	if (where == PLACE_SPLIT)
		return head - 1;
	return where == PLACE_EDGE ? head : size;
}

u64 hand_over(const struct call *call, u8 code, const void *data, u32 head, u32 size)
{
	struct memory memory = memory_of_structs(call);
	unsigned int where = code >> PLACE_SHIFT;

	protect(memory.hole, PROT_NONE);
	if (where == PLACE_READ_ONLY)
		protect(memory.constant, PROT_READ | PROT_WRITE);
	memcpy(place(&memory, where, head), data, present(where, head, size));
	if (where == PLACE_READ_ONLY)
		protect(memory.constant, PROT_READ);
	return address_of(&memory, where, head);
}

void take_back_struct(const struct call *call, u8 code, void *data, u32 head, u32 size)
{
	struct memory memory = memory_of_structs(call);
	unsigned int where = code >> PLACE_SHIFT;

	memcpy(data, place(&memory, where, head), present(where, head, size));
}

/* A whole page of zeros, but for the places where a word is all there is. */
struct vfio_bitmap hand_over_bitmap(const struct call *call, u64 code, u64 range)
{
	struct memory memory = memory_of_bitmaps(call);
	unsigned int where = code >> 16 & 7;
	u64 page_size = page_sizes[code & 7], exact = ((range >> __builtin_ctzll(page_size)) + 63) / 64 * 8;
	struct vfio_bitmap bitmap = { .pgsize = page_size, .size = exact };

	switch (code >> 8 & 0xff) {
	case SIZE_EMPTY:
		bitmap.size = 0;
		break;
	case SIZE_SHORT:
		bitmap.size = exact - 1;
		break;
	case SIZE_LONG:
		bitmap.size = exact + 8;
		break;
	case SIZE_MOST:
		bitmap.size = BITMAP_SIZE_MAX;
		break;
	case SIZE_TOO_MUCH:
		bitmap.size = BITMAP_SIZE_MAX + 1;
		break;
	case SIZE_ENDLESS:
		bitmap.size = ~0ULL;
		break;
	}
	memset(memory.page, 0, PAGE);
	bitmap.data = (void *)address_of(&memory, where, sizeof(u64));
	return bitmap;
}

/* The bits of the first 64 pages, as far as they have a place. */
u64 bitmap_word(const struct call *call, u64 code)
{
	struct memory memory = memory_of_bitmaps(call);
	unsigned int where = code >> 16 & 7;
	u64 word = 0;

	memcpy(&word, place(&memory, where, sizeof(word)), present(where, sizeof(word), sizeof(word)));
	return word;
}
