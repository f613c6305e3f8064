/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the executor among themselves. */
#ifndef EXECUTOR_H
#define EXECUTOR_H

#include <linux/vfio.h>

#include "area.h"

/* What every operation gets: the task that does it, the line it is, and the line's operands. */
struct call {
	unsigned int task, process, line;
	const struct wire_operation *operation;
};

/* files.c, mailbox.c, iommu.c, drivers.c, dma.c, memory.c, parameter.c, sibling.c, unbind.c, process.c: one function a kind of operation */
struct answer open_container(const struct call *call);
struct answer open_group(const struct call *call);
struct answer get_device(const struct call *call);
struct answer close_slot(const struct call *call);
struct answer dup_slot(const struct call *call);
struct answer send_fd(const struct call *call);
struct answer receive_fd(const struct call *call);
struct answer attach_group(const struct call *call);
struct answer detach_group(const struct call *call);
struct answer set_iommu(const struct call *call);
struct answer check_extension(const struct call *call);
struct answer get_api_version(const struct call *call);
struct answer group_status(const struct call *call);
struct answer unknown_ioctl(const struct call *call);
struct answer access_file(const struct call *call);
struct answer get_info(const struct call *call);
struct answer dirty_pages(const struct call *call);
struct answer map_dma(const struct call *call);
struct answer unmap_dma(const struct call *call);
struct answer driver_call(const struct call *call);
struct answer submit_call(const struct call *call);
struct answer join_worker(const struct call *call);
struct answer device_dma(const struct call *call);
struct answer write_page(const struct call *call);
struct answer read_page(const struct call *call);
struct answer map_pages(const struct call *call);
struct answer unmap_pages(const struct call *call);
struct answer observe(const struct call *call);
struct answer set_limit(const struct call *call);
struct answer set_capability(const struct call *call);
struct answer set_entry_limit(const struct call *call);
struct answer set_unsafe_interrupts(const struct call *call);
struct answer lock_own(const struct call *call);
struct answer unlock_own(const struct call *call);
struct answer change_sibling(const struct call *call);
struct answer unbind_device(const struct call *call);
struct answer switch_device_memory(const struct call *call);
struct answer fork_process(const struct call *call);
struct answer exec_image(const struct call *call);
struct answer exit_process(const struct call *call);
struct answer kill_process(const struct call *call);

/* operations.c */
struct answer perform(const struct call *call);

/*
 * argument.c. @head: what the kernel copies first; @size: what is there when there is room. A struct that is handed over at
 * a place without access has an address and no content.
 */
u32 stated_size(u64 code, u32 wanted);
u64 hand_over(const struct call *call, u64 code, const void *data, u32 head, u32 size);
int take_back_struct(const struct call *call, u64 code, void *data, u32 head, u32 size);
struct vfio_bitmap hand_over_bitmap(const struct call *call);
u64 bitmap_digest(const struct call *call);

/* files.c */
int slot_kind(unsigned int process, unsigned int slot);
int slot_fd(unsigned int slot);
int slot_taken(const struct call *call);
struct answer put_at_slot(const struct call *call, int fd, u8 kind);

/* mailbox.c (the supervisor's) */
void make_mailboxes(void);
int any_mail(void);
void empty_mailboxes(void);

/* sdhci.c; fd is the device's, number its place among the pci devices. Negative when the engine does not do as told */
int dma_prepare(int fd, unsigned int number, u32 buffer_iova, u8 *buffer);
int dma_write(int fd, unsigned int number, u32 iova, u8 tag);
int dma_read(int fd, unsigned int number, u32 iova, u8 *first, u8 *mark);

/* memory.c, guard.S */
void guard_faults(void);
void make_window(void);
void restore_window(void);
void make_files(void);
void restore_files(void);

/* parameter.c */
#define ENTRY_LIMIT	"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit"
void open_parameters(void);
int allow_unsafe_interrupts(int allowed);
void restore_parameters(void);

/* own.c */
void restore_own(void);

/* sibling.c */
void restore_sibling(void);

#define PCI_DRIVER	"/sys/bus/pci/drivers/vfio-pci/"
#define MDEV_DRIVER	"/sys/bus/mdev/drivers/vfiofuzz_mdev/"

/* task.c: program threads */
_Noreturn void run_task(unsigned int task);
void await_task(unsigned int task);
void start_second_thread(unsigned int process);
long start_process_in_this_memory(void (*entry)(unsigned int number), unsigned int number);

/* image.c; process.c: process images */
#define EXEC_IMAGE	"/exec"
void make_image(void);
_Noreturn void main_of_process(unsigned int process);
_Noreturn void main_of_exec(unsigned int task);
void map_shared(void);

/* text.c */
int read_text(const char *path, char *text, unsigned long size);
int write_text(const char *path, const char *text);
u64 number_after(const char *text, const char *word);
long locked_pages(int pid);

/* init.c, modules.c, devices.c, probe.c: what is done once */
_Noreturn void main_of_init(void);
void load_modules(void);
int load_module(const char *path);
void make_devices(void);
int restore_bindings(void);
void open_channel(void);
void probe_platform(void);
void open_device_memory(void);
void close_device_memory(void);
void restore_device_memory(void);
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* All devices the guest offers, by kind. */
struct offer {
	unsigned int pci, mdev;
	struct device pci_device[DEVICES], mdev_device[DEVICES];
	struct device memory;	/* no program's device: its memory is what programs map */
};
extern struct offer offer;

/* supervisor.c, run.c, watch.c, life.c, evidence.c, teardown.c, command.c: the supervisor */
_Noreturn void supervise(void);
void run_program(struct wire_slot *slot);
void run_command(void);

#endif
