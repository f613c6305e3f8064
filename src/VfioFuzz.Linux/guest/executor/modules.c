// SPDX-License-Identifier: GPL-2.0-only
/* Loading kernel modules, and what a kernel lacks when one does not load. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "executor.h"

/* 0, also when the module is there already; otherwise a negative errno. */
int load_module(const char *path)
{
	int fd = sys_open(path, O_RDONLY | O_CLOEXEC), result;

	if (fd < 0)
		return fd;
	result = sys3(__NR_finit_module, fd, (long)"", 0);
	sys_close(fd);
	return result == -EEXIST ? 0 : result;
}

static void require(const char *directory, const char *option)
{
	struct stat status;

	if (stat(directory, &status))
		fail("%s is missing: the kernel needs %s", directory, option);
}

void load_modules(void)
{
	static char order[4096];
	char *name, *rest = order, path[256];
	int result;

	/* Where type1 tells its coverage, it is to; most guests have no such file. */
	load_module("/modules/vfiofuzz_cover.ko");
	read_text("/modules/order", order, sizeof(order));
	while ((name = strsep(&rest, "\n")) != NULL) {
		if (!*name)
			continue;
		snprintf(path, sizeof(path), "/modules/%s", name);
		result = load_module(path);
		if (result < 0)
			fail("module %s does not load: %s", name, strerror(-result));
	}
	require("/dev/vfio/vfio", "CONFIG_VFIO");
	require("/sys/module/vfio_iommu_type1", "CONFIG_VFIO_IOMMU_TYPE1");
}
