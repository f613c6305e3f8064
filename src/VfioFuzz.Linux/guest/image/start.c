// SPDX-License-Identifier: GPL-2.0-only
/*
 * The beginning of the image that programs exec, which stands alone: no libc is started, so nothing of one may be
 * called.
 */
#include "../executor/executor.h"

void *memcpy(void *target, const void *source, unsigned long size);
void *memset(void *target, int byte, unsigned long size);
_Noreturn void start(const unsigned long *stack);

/* The stack as the kernel leaves it: the number of arguments, then they (process.c, exec_image). */
__asm__(".pushsection .text._start,\"ax\"\n"
	".globl _start\n_start:\n\txorl %ebp, %ebp\n\tmovq %rsp, %rdi\n\tandq $-16, %rsp\n\tcall start\n"
	".popsection\n");

_Noreturn __attribute__((used)) void start(const unsigned long *stack)
{
	const char *task = (const char *)stack[2];

	main_of_exec(task[0] - '0');
}

/* Compilers may call these two by themselves. */
void *memcpy(void *target, const void *source, unsigned long size)
{
	void *at = target;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(source), "+c"(size) : : "memory");
	return target;
}

void *memset(void *target, int byte, unsigned long size)
{
	void *at = target;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(byte) : "memory");
	return target;
}
