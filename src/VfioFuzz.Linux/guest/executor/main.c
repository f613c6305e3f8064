// SPDX-License-Identifier: GPL-2.0-only
/* Process 1 of the guest. What it and its children exec is the image, a program of its own within this one. */
#include "supervisor.h"

int main(void)
{
	main_of_init();
}
