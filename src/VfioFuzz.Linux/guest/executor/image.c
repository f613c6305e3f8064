// SPDX-License-Identifier: GPL-2.0-only
/* The image that programs exec (../image), carried along as data: it becomes a file when the guest starts. */
#include <fcntl.h>

#include "executor.h"

extern const char image_begin[], image_end[];

__asm__(".pushsection .rodata\nimage_begin:\n.incbin \"" IMAGE "\"\nimage_end:\n.popsection\n");

void make_image(void)
{
	long size = image_end - image_begin;
	int fd = sys6(__NR_openat, AT_FDCWD, (long)EXEC_IMAGE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755, 0, 0);

	if (fd < 0 || sys_write(fd, image_begin, size) != size)
		fail("no writable root (CONFIG_TMPFS)");
	sys_close(fd);
}
