/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls without errno: program threads share one thread-local area (they are made with clone), so a result
 * must come back in a register. All return the value, or a negative errno.
 */
#ifndef SYS_H
#define SYS_H

#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdint.h>
#include <time.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

static inline long sys6(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall" : "=a"(result)
		: "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return result;
}

static inline long sys3(long number, long a, long b, long c)
{
	return sys6(number, a, b, c, 0, 0, 0);
}

static inline int sys_open(const char *path, int flags)
{
	return sys6(__NR_openat, AT_FDCWD, (long)path, flags, 0600, 0, 0);
}

static inline int sys_close(int fd)
{
	return sys3(__NR_close, fd, 0, 0);
}

static inline int sys_close_range(unsigned int first, unsigned int last)
{
	return sys3(__NR_close_range, first, last, 0);
}

static inline long sys_ioctl(int fd, unsigned long command, unsigned long argument)
{
	return sys3(__NR_ioctl, fd, command, argument);
}

static inline int sys_fcntl(int fd, int command, long argument)
{
	return sys3(__NR_fcntl, fd, command, argument);
}

static inline int sys_dup3(int fd, int at, int flags)
{
	return sys3(__NR_dup3, fd, at, flags);
}

static inline long sys_read(int fd, void *data, unsigned long size)
{
	return sys3(__NR_read, fd, (long)data, size);
}

static inline long sys_write(int fd, const void *data, unsigned long size)
{
	return sys3(__NR_write, fd, (long)data, size);
}

static inline long sys_pread(int fd, void *data, unsigned long size, u64 offset)
{
	return sys6(__NR_pread64, fd, (long)data, size, offset, 0, 0);
}

static inline long sys_pwrite(int fd, const void *data, unsigned long size, u64 offset)
{
	return sys6(__NR_pwrite64, fd, (long)data, size, offset, 0, 0);
}

static inline long sys_mmap(u64 address, u64 size, int protection, int flags, int fd, u64 offset)
{
	return sys6(__NR_mmap, address, size, protection, flags, fd, offset);
}

static inline long sys_munmap(u64 address, u64 size)
{
	return sys3(__NR_munmap, address, size, 0);
}

static inline long sys_futex_wait(u32 *word, u32 expected, const struct timespec *timeout)
{
	return sys6(__NR_futex, (long)word, FUTEX_WAIT, expected, (long)timeout, 0, 0);
}

static inline long sys_futex_wake(u32 *word)
{
	return sys3(__NR_futex, (long)word, FUTEX_WAKE, 0x7fffffff);
}

/* The kernel's own form of sigaction, which libc's differs from. */
struct signal_action {
	void (*handler)(int number, void *info, void *context);
	unsigned long flags;
	void (*restorer)(void);
	u64 mask;
};

static inline long sys_sigaction(int number, const struct signal_action *action)
{
	return sys6(__NR_rt_sigaction, number, (long)action, 0, sizeof(action->mask), 0, 0);
}

static inline void sys_yield(void)
{
	sys3(__NR_sched_yield, 0, 0, 0);
}

static inline void sys_sleep_us(long us)
{
	struct timespec time = { us / 1000000, us % 1000000 * 1000 };

	sys3(__NR_nanosleep, (long)&time, 0, 0);
}

static inline u64 now_us(void)
{
	struct timespec time;

	sys3(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&time, 0);
	return (u64)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static inline _Noreturn void sys_exit_group(int status)
{
	for (;;)
		sys3(__NR_exit_group, status, 0, 0);
}

/* Shared words: sequentially consistent unless a comment says why less is enough. */
#define shared_load(word)		__atomic_load_n(word, __ATOMIC_SEQ_CST)
#define shared_store(word, value)	__atomic_store_n(word, value, __ATOMIC_SEQ_CST)
#define shared_add(word, value)		__atomic_fetch_add(word, value, __ATOMIC_SEQ_CST)
#define shared_and(word, value)		__atomic_fetch_and(word, value, __ATOMIC_SEQ_CST)
#define shared_or(word, bits)		__atomic_fetch_or(word, bits, __ATOMIC_SEQ_CST)
#define shared_swap(word, value)	__atomic_exchange_n(word, value, __ATOMIC_SEQ_CST)

static inline int shared_claim(u32 *word, u32 from, u32 to)
{
	return __atomic_compare_exchange_n(word, &from, to, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

#endif
