// SPDX-License-Identifier: GPL-2.0-only
/* Memory that a process has for itself: what it locks there counts in VmLck beside what type1 charges. */
#include <errno.h>
#include <linux/mman.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "executor.h"

/* Mapped when first asked for: most programs lock nothing. A child has its parent's, unlocked; exec begins without. */
struct answer lock_own(const struct call *call)
{
	u64 pages = call->operation->y < OWN_PAGES ? call->operation->y : OWN_PAGES;
	long result = sys_mmap(OWN_BASE, OWN_PAGES * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (result < 0 && result != -EEXIST)
		return returned(result);
	shared_store(&area->own_locked, 1);
	return returned(sys3(__NR_mlock, OWN_BASE, pages * PAGE, 0));
}

/* munlock of what was never mapped is an error of its own, and says nothing. */
struct answer unlock_own(const struct call *call)
{
	(void)call;
	sys3(__NR_munlock, OWN_BASE, OWN_PAGES * PAGE, 0);
	return returned(0);
}

/* By the first process, which the next program finds. */
void restore_own(void)
{
	if (shared_swap(&area->own_locked, 0))
		unlock_own(NULL);
}
