// SPDX-License-Identifier: GPL-2.0-only
/* Which function does which kind: the codes of OperationKind. */
#include "executor.h"

typedef struct answer (*operation)(const struct call *call);

static const operation operations[256] = {
	[1] = open_container,
	[2] = open_group,
	[3] = get_device,
	[4] = close_slot,
	[5] = dup_slot,
	[6] = attach_group,
	[7] = detach_group,
	[8] = set_iommu,
	[9] = check_extension,
	[10] = map_dma,
	[11] = unmap_dma,
	[12] = get_info,
	[13] = dirty_pages,
	[14] = get_api_version,
	[15] = group_status,
	[16] = unknown_ioctl,
	[17] = access_file,
	[20] = driver_call,
	[21] = driver_call,
	[22] = driver_call,
	[23] = submit_call,
	[24] = submit_call,
	[25] = submit_call,
	[26] = join_worker,
	[27] = device_dma,
	[28] = set_unsafe_interrupts,
	[30] = write_page,
	[31] = read_page,
	[32] = map_pages,
	[33] = unmap_pages,
	[34] = observe,
	[35] = set_limit,
	[36] = set_capability,
	[37] = set_entry_limit,
	[38] = change_sibling,
	[39] = switch_device_memory,
	[40] = fork_process,
	[41] = exec_image,
	[42] = exit_process,
	[43] = kill_process,
	[44] = send_fd,
	[45] = receive_fd,
	[46] = lock_own,
	[47] = unlock_own,
	[65] = unbind_device,
};

/* Kinds that no released kernel knows answer ENOTTY, as the kernel answers an ioctl it does not know. */
struct answer perform(const struct call *call)
{
	operation operation = operations[call->operation->kind];

	return operation ? operation(call) : fails(25);
}
