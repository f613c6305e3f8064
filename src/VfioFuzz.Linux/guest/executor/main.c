// SPDX-License-Identifier: GPL-2.0-only
/* One binary: process 1 of the guest, and the image that programs exec. */
#include <string.h>

#include "supervisor.h"

int main(int count, char **arguments)
{
	if (count == 2 && !strcmp(arguments[0], "vfiofuzz-exec"))
		main_of_exec(arguments[1][0] - '0');
	main_of_init();
}
