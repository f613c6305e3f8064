/* SPDX-License-Identifier: GPL-2.0-only */
/* What /dev/vfiofuzz_cover shows: each block of the traced module that ran since the last reset, and each step between two, once. */
#ifndef VFIOFUZZ_COVER_H
#define VFIOFUZZ_COVER_H

#include <linux/types.h>

#define COVER_KEYS	0x20000		/* more bytes than the module's code has */
#define COVER_BLOCKS	4096
#define COVER_STEPS	8192

struct cover_area {
	__u32 blocks, steps;		/* how many were seen; beyond the room of the lists they are lost */
	__u32 block[COVER_BLOCKS];	/* the address behind the call, from the start of the code */
	__u32 step[COVER_STEPS];	/* a key of both addresses */
};

#endif
