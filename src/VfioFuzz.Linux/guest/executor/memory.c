// SPDX-License-Identifier: GPL-2.0-only
/* The window of user memory, the files behind it, and touching it without dying. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "executor.h"

#ifndef MFD_HUGETLB
#define MFD_HUGETLB	0x0004U
#endif
#ifndef MFD_HUGE_2MB
#define MFD_HUGE_2MB	(21U << 26)
#endif

#define TOUCHED		16	/* bytes of a page that are written to make it present and tagged */

#define DEVICE_COMMAND	(((u64)7 << 40) + 4)	/* in the configuration region of a vfio-pci device */
#define MEMORY_BIT	2

enum { ANONYMOUS, SHARED, FILE_BACKED, ANONYMOUS_READ_ONLY, NO_ACCESS, DEVICE_MEMORY, UNTOUCHED, KINDS };

/* Both return -1 when the memory faults; otherwise 0, or the byte. */
int guarded_fill(u64 address, u8 byte, u64 size);
int guarded_load(u64 address);
extern const char guarded_begin[], guarded_end[], guarded_fault[];

__asm__(".pushsection .text\n"
	"guarded_begin:\n"
	"guarded_fill:\n\tmovl %esi, %eax\n\tmovq %rdx, %rcx\n\trep stosb\n\txorl %eax, %eax\n\tret\n"
	"guarded_load:\n\tmovzbl (%rdi), %eax\n\tret\n"
	"guarded_end:\n"
	"guarded_fault:\n\tmovl $-1, %eax\n\tret\n"
	".popsection\n");

#define SA_RESTORER	0x04000000

void return_from_signal(void);

__asm__(".pushsection .text\nreturn_from_signal:\n\tmovl $15, %eax\n\tsyscall\n.popsection\n");

/* A fault of our own is not ours to mend: without a handler it is fatal. */
static void on_fault(int number, void *info, void *context)
{
	static const struct signal_action none;
	greg_t *rip = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)info;
	if (*rip >= (greg_t)guarded_begin && *rip < (greg_t)guarded_end)
		*rip = (greg_t)guarded_fault;
	else
		sys_sigaction(number, &none);
}

void guard_faults(void)
{
	struct signal_action action = {
		.handler = on_fault, .flags = SA_SIGINFO | SA_NODEFER | SA_RESTORER, .restorer = return_from_signal,
	};

	sys_sigaction(SIGSEGV, &action);
	sys_sigaction(SIGBUS, &action);
}

static u64 page_address(u64 page)
{
	return WINDOW_BASE + page * PAGE;
}

static void tag_initially(void)
{
	u64 page;

	for (page = 0; page < WINDOW_PAGES; page++)
		guarded_fill(page_address(page), TAG_INITIAL + page, TOUCHED);
}

static long map_anonymous(u64 page, u64 pages)
{
	return sys_mmap(page_address(page), pages * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1, 0);
}

/* Memory that is the supervisor's too: processes that it forks make their own window anyway. */
static void keep_from_forks(void)
{
	if (area == area_of(WIRE_LANE_INPROCESS))
		sys3(__NR_madvise, WINDOW_BASE, WINDOW_PAGES * PAGE, MADV_DONTFORK);
}

/* Shared by all processes, and none of a program's calls takes it away. */
static void map_huge(void)
{
	if (channel->huge_pages)
		sys_mmap(HUGE_BASE, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, FD_HUGE, 0);
}

/* While memory is still in one piece; what the kernel does not give is not there for programs either. */
static void make_huge(void)
{
	int fd = sys3(__NR_memfd_create, (long)"huge", MFD_HUGETLB | MFD_HUGE_2MB, 0);

	write_text("/proc/sys/vm/nr_hugepages", "1");
	if (fd < 0)
		return;
	sys_dup3(fd, FD_HUGE, 0);
	sys_close(fd);
	channel->huge_pages = sys3(__NR_ftruncate, FD_HUGE, HUGE_SIZE, 0) >= 0 &&
		sys_mmap(HUGE_BASE, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, FD_HUGE, 0) > 0 &&
		guarded_fill(HUGE_BASE, 0, TOUCHED) >= 0;
	shared_store(&area->huge_changed, 1);
}

/* The kernel fills the page with zeros when it is first touched, and keeps it. */
static void restore_huge(void)
{
	u64 at;

	if (!channel->huge_pages || !shared_swap(&area->huge_changed, 0))
		return;
	for (at = HUGE_BASE; at < HUGE_BASE + HUGE_SIZE; at += PAGE) {
		guarded_fill(at, 0, TOUCHED);
		guarded_fill(at + MARK_OFFSET, MARK, 1);
	}
}

void make_window(void)
{
	map_huge();
	map_anonymous(0, WINDOW_PAGES);
	keep_from_forks();
	tag_initially();
}

/* Pages that were mapped or unmapped are made anew; the others are the ones they were. */
void restore_window(void)
{
	u32 changed = shared_swap(&area->window_changed, 0) & ((1U << WINDOW_PAGES) - 1);

	u32 left = changed;

	while (left) {
		unsigned int page = __builtin_ctz(left), pages = __builtin_ctz(~(left >> page));

		map_anonymous(page, pages);
		left &= ~(((1U << pages) - 1) << page);
	}
	if (changed)
		keep_from_forks();
	tag_initially();
}

static void note_changed(u64 page, u64 pages)
{
	shared_or(&area->window_changed, ((1U << pages) - 1) << page);
}

struct answer write_page(const struct call *call)
{
	if (call->operation->a >= WINDOW_PAGES)
		return fails(EFAULT);
	return guarded_fill(page_address(call->operation->a), call->line + 1, PAGE) < 0 ? fails(EFAULT) : returned(0);
}

struct answer read_page(const struct call *call)
{
	int byte = call->operation->a < WINDOW_PAGES ? guarded_load(page_address(call->operation->a)) : -1;

	return byte < 0 ? fails(EFAULT) : returned(byte);
}

/* How many pages an operation covers, cut at the window's end. */
static u64 covered(const struct wire_operation *operation)
{
	u64 room = operation->a < WINDOW_PAGES ? WINDOW_PAGES - operation->a : 0;

	return operation->y < room ? operation->y : room;
}

static long map_file(int fd, u64 page, u64 pages)
{
	shared_store(&area->memory_changed, 1);
	return sys_mmap(page_address(page), pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, page * PAGE);
}

/* No page is there yet: whoever comes first, processor or kernel, has vfio-pci's fault handler put it in. */
static long map_device(u64 page, u64 pages)
{
	shared_store(&area->device_changed, 1);
	return sys_mmap(page_address(page), pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, FD_DEVICE,
			DEVICE_MEMORY_OFFSET + page * PAGE);
}

/*
 * Made ready elsewhere and moved: a call that races this one sees the old pages, or none, or the tagged ones, never pages that were not
 * touched yet.
 */
static long map_tagged(u64 page, u64 pages, u8 tag, int kind)
{
	long made = sys_mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), result;
	u64 i;

	if (made < 0)
		return made;
	for (i = 0; i < pages; i++)
		guarded_fill(made + i * PAGE, tag, TOUCHED);
	if (kind == ANONYMOUS_READ_ONLY)
		sys3(__NR_mprotect, made, pages * PAGE, PROT_READ);
	result = sys6(__NR_mremap, made, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, page_address(page), 0);
	if (result < 0)
		sys_munmap(made, pages * PAGE);
	return result;
}

struct answer map_pages(const struct call *call)
{
	u64 page = call->operation->a, pages = covered(call->operation);

	if (!pages || call->operation->b >= KINDS)
		return fails(EINVAL);
	note_changed(page, pages);
	if (call->operation->b == SHARED)
		return succeeded(map_file(FD_SHARED, page, pages));
	if (call->operation->b == FILE_BACKED)
		return succeeded(map_file(FD_FILE, page, pages));
	if (call->operation->b == DEVICE_MEMORY)
		return succeeded(map_device(page, pages));
	if (call->operation->b == NO_ACCESS || call->operation->b == UNTOUCHED)
		return succeeded(sys_mmap(page_address(page), pages * PAGE, call->operation->b == UNTOUCHED ? PROT_READ : PROT_NONE,
					  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	return succeeded(map_tagged(page, pages, call->line + 1, call->operation->b));
}

struct answer unmap_pages(const struct call *call)
{
	u64 page = call->operation->a, pages = covered(call->operation);

	if (!pages)
		return fails(EINVAL);
	note_changed(page, pages);
	return succeeded(sys_munmap(page_address(page), pages * PAGE));
}

/* Tag zero and the mark in each page. */
static void write_fresh(int fd)
{
	static u8 page[PAGE];
	u64 i;

	page[MARK_OFFSET] = MARK;
	for (i = 0; i < WINDOW_PAGES; i++)
		sys_pwrite(fd, page, PAGE, i * PAGE);
}

void make_files(void)
{
	int shared = sys3(__NR_memfd_create, (long)"s0", 0, 0), file = sys_open("/f0", O_RDWR | O_CREAT);

	if (shared < 0 || file < 0)
		fail("no memfd or no writable root (CONFIG_TMPFS, CONFIG_MEMFD_CREATE)");
	sys_dup3(shared, FD_SHARED, 0);
	sys_dup3(file, FD_FILE, 0);
	sys_close(shared);
	sys_close(file);
	make_huge();
	shared_store(&area->memory_changed, 1);
	restore_files();
}

void restore_files(void)
{
	restore_huge();
	if (!shared_swap(&area->memory_changed, 0))
		return;
	write_fresh(FD_SHARED);
	write_fresh(FD_FILE);
}

static long set_memory_bit(int on)
{
	u16 command = 0;
	long result = sys_pread(FD_DEVICE, &command, sizeof(command), DEVICE_COMMAND);

	if (result < 0)
		return result;
	command = on ? command | MEMORY_BIT : command & ~MEMORY_BIT;
	return sys_pwrite(FD_DEVICE, &command, sizeof(command), DEVICE_COMMAND);
}

/* vfio-pci takes the pages out of all page tables when it clears the bit, and its fault handler gives none while it is clear. */
struct answer switch_device_memory(const struct call *call)
{
	shared_store(&area->device_off, 1);
	return succeeded(set_memory_bit(call->operation->flags & 1));
}

void restore_device_memory(void)
{
	u64 page;

	if (shared_swap(&area->device_off, 0))
		set_memory_bit(1);
	if (!shared_swap(&area->device_changed, 0))
		return;
	for (page = 0; page < WINDOW_PAGES; page++) {
		guarded_fill(DEVICE_BASE + page * PAGE, 0, TOUCHED);
		guarded_fill(DEVICE_BASE + page * PAGE + MARK_OFFSET, MARK, 1);
	}
}
