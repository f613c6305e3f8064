// SPDX-License-Identifier: GPL-2.0-only
/* Small files of proc and sys. Without errno or malloc: program threads use these too. */
#include <string.h>

#include "executor.h"

int read_text(const char *path, char *text, unsigned long size)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC);
	unsigned long length = 0;
	long got = 0;

	text[0] = 0;
	if (fd < 0)
		return fd;
	while (length < size - 1 && (got = sys_read(fd, text + length, size - 1 - length)) > 0)
		length += got;
	sys_close(fd);
	text[length] = 0;
	return got < 0 ? (int)got : (int)length;
}

int write_text(const char *path, const char *text)
{
	int fd = sys_open(path, O_WRONLY | O_CLOEXEC);
	unsigned long length = 0;
	long result;

	if (fd < 0)
		return fd;
	while (text[length])	/* process images have no strlen */
		length++;
	result = sys_write(fd, text, length);
	sys_close(fd);
	return result < 0 ? (int)result : 0;
}

/* The decimal number that follows the first @word and blanks; 0 when there is none. */
u64 number_after(const char *text, const char *word)
{
	const char *at = strstr(text, word);
	u64 number = 0;

	if (!at)
		return 0;
	for (at += strlen(word); *at == ' ' || *at == '\t'; at++)
		;
	for (; *at >= '0' && *at <= '9'; at++)
		number = 10 * number + (*at - '0');
	return number;
}

/* VmLck of a process, or a negative errno. */
long locked_pages(int pid)
{
	return sys_ioctl(FD_CONTROL, VFIOFUZZ_LOCKED, pid);
}
