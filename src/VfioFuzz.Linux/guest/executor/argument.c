// SPDX-License-Identifier: GPL-2.0-only
/* Structs in user memory as programs want them handed over: UserArgument and UserBitmap of the host. */
#include <string.h>
#include <sys/mman.h>

#include "executor.h"

#define STATES_SIZE	1
#define PLACE_SHIFT	5
#define SIZE_SHIFT	32
#define BITMAP_SIZE_MAX	(1ULL << 28)
#define KERNEL_ADDRESS	0xffff888000000000ULL
#define DIGEST_BASE	0x9e3779b97f4a7c15ULL	/* BitmapDigest of the host */

enum place { PLACE_GOOD, PLACE_NULL, PLACE_UNMAPPED, PLACE_SPLIT, PLACE_EDGE, PLACE_READ_ONLY, PLACE_KERNEL, PLACE_ODD };
enum bitmap_size { SIZE_EXACT, SIZE_EMPTY, SIZE_SHORT, SIZE_LONG, SIZE_MOST, SIZE_TOO_MUCH, SIZE_ENDLESS };

static const u8 contents[4] = { 0, 0xff, 0xaa, 0x01 };

static unsigned int place_of(u64 code)
{
	return code >> PLACE_SHIFT & 7;
}

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

u32 stated_size(u64 code, u32 wanted)
{
	return code & STATES_SIZE ? code >> SIZE_SHIFT : wanted;
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

u64 hand_over(const struct call *call, u64 code, const void *data, u32 head, u32 size)
{
	struct memory memory = memory_of_structs(call);
	unsigned int where = place_of(code);

	protect(memory.hole, PROT_NONE);
	if (where == PLACE_READ_ONLY)
		protect(memory.constant, PROT_READ | PROT_WRITE);
	memcpy(place(&memory, where, head), data, present(where, head, size));
	if (where == PLACE_READ_ONLY)
		protect(memory.constant, PROT_READ);
	return address_of(&memory, where, head);
}

/* What is there now; 0 when the place has no bytes that can be written. */
int take_back_struct(const struct call *call, u64 code, void *data, u32 head, u32 size)
{
	struct memory memory = memory_of_structs(call);
	unsigned int where = place_of(code);

	if (where != PLACE_GOOD && where != PLACE_EDGE && where != PLACE_ODD)
		return 0;
	memcpy(data, place(&memory, where, head), present(where, head, size));
	return 1;
}

static unsigned int place_of_bitmap(const struct wire_operation *operation)
{
	return operation->b >> 3 & 7;
}

static u64 size_of_bitmap(const struct wire_operation *operation, u64 page_size)
{
	unsigned int shift = page_size ? __builtin_ctzll(page_size) : 0;
	u64 exact = ((operation->y >> shift) + 63) / 64 * 8;

	if (operation->v)
		return operation->v;
	switch (operation->b & 7) {
	case SIZE_EMPTY:
		return 0;
	case SIZE_SHORT:
		return exact - 1;
	case SIZE_LONG:
		return exact + 8;
	case SIZE_MOST:
		return BITMAP_SIZE_MAX;
	case SIZE_TOO_MUCH:
		return BITMAP_SIZE_MAX + 1;
	case SIZE_ENDLESS:
		return ~0ULL;
	default:
		return exact;
	}
}

/* A whole page of what the bitmap holds before the call, but for the places where a word is all there is. */
struct vfio_bitmap hand_over_bitmap(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	struct memory memory = memory_of_bitmaps(call);
	u64 page_size = operation->z ^ PAGE;

	memset(memory.page, contents[operation->b >> 6], PAGE);
	return (struct vfio_bitmap){
		.pgsize = page_size,
		.size = size_of_bitmap(operation, page_size),
		.data = (void *)address_of(&memory, place_of_bitmap(operation), sizeof(u64)),
	};
}

/* BitmapDigest of the host, over all words that are there: none are a word of what they would hold. */
u64 bitmap_digest(const struct call *call)
{
	const struct wire_operation *operation = call->operation;
	struct memory memory = memory_of_bitmaps(call);
	unsigned int where = place_of_bitmap(operation), words = PAGE / sizeof(u64), i;
	u64 before = where == PLACE_READ_ONLY ? 0 : contents[operation->b >> 6] * 0x0101010101010101ULL, digest = 0, word;
	const u8 *data = place(&memory, where, sizeof(u64));

	if (where == PLACE_ODD)
		words--;
	else if (where == PLACE_EDGE)
		words = 1;
	else if (where != PLACE_GOOD)
		return before;
	for (i = words - 1; i; i--) {
		memcpy(&word, data + i * sizeof(word), sizeof(word));
		digest = (digest + (word ^ before)) * DIGEST_BASE;
	}
	memcpy(&word, data, sizeof(word));
	return digest + word;
}
