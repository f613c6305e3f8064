// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's sdhci-pci with a card as DMA engine, one a pci device of a world: its SDMA is programmed by registers alone, a block at a time, and is
 * done when the command register has been written. So a DMA needs no memory of the program and leaves no trace in
 * the container.
 *
 * Block n of the card is filled with the byte n, for n up to 255: a device write of a tag is a card read. A device
 * read goes to a spare block and comes back through the buffer port.
 */
#include <errno.h>
#include <string.h>

#include "executor.h"

#define REGION(index)	((u64)(index) << 40)	/* offsets in a vfio-pci device file */
#define CONFIG		REGION(7)
#define BAR0		REGION(0)

#define BLOCK_SIZE	512
#define SPARE_BLOCK	300

enum {
	SDMA_ADDRESS = 0x00, BLOCK_LENGTH = 0x04, BLOCK_COUNT = 0x06, ARGUMENT = 0x08, TRANSFER_MODE = 0x0c, COMMAND = 0x0e,
	RESPONSE = 0x10, BUFFER = 0x20, HOST_CONTROL = 0x28, POWER = 0x29, CLOCK = 0x2c, SOFTWARE_RESET = 0x2f,
	STATUS = 0x30, STATUS_ENABLE = 0x34,
};

enum { NO_RESPONSE = 0, LONG_RESPONSE = 1, SHORT_RESPONSE = 2, DATA_PRESENT = 0x20 };
enum { BY_DMA = 0x01, FROM_CARD = 0x10 };
enum { GO_IDLE = 0, ALL_SEND_CID = 2, SEND_ADDRESS = 3, SELECT = 7, SEND_IF_COND = 8, READ_BLOCK = 17, WRITE_BLOCK = 24,
	SEND_OP_COND = 41, NEXT_IS_APPLICATION = 55 };

static void set(int fd, unsigned int where, u32 value, unsigned int size)
{
	sys_pwrite(fd, &value, size, BAR0 + where);
}

static u32 get(int fd, unsigned int where, unsigned int size)
{
	u32 value = 0;

	sys_pread(fd, &value, size, BAR0 + where);
	return value;
}

static void command(int fd, unsigned int index, u32 argument, unsigned int form)
{
	set(fd, ARGUMENT, argument, 4);
	set(fd, COMMAND, index << 8 | form, 2);
}

static void transfer(int fd, unsigned int index, u32 block, unsigned int mode)
{
	set(fd, TRANSFER_MODE, mode, 2);
	command(fd, index, block * BLOCK_SIZE, SHORT_RESPONSE | DATA_PRESENT);
}

/* QEMU takes a write of the address for the go-ahead of a transfer when there are blocks to go. */
static void aim(int fd, u32 iova)
{
	set(fd, BLOCK_COUNT, 0, 2);
	set(fd, SDMA_ADDRESS, iova, 4);
	set(fd, BLOCK_COUNT, 1, 2);
}

/*
 * Once for each program and engine: an open of the device may have reset it, a program may have died in the middle. The look
 * at the clock tells of a reset since.
 */
static int enable(int fd, unsigned int number)
{
	u32 address, enabled = shared_load(&area->dma_enabled);
	u16 bus_command = 0;

	sys_pread(fd, &bus_command, 2, CONFIG + 4);
	if ((bus_command & 6) != 6) {
		bus_command |= 6;	/* memory space, bus master */
		sys_pwrite(fd, &bus_command, 2, CONFIG + 4);
	}
	if (enabled & 1U << number && get(fd, CLOCK, 2) & 4)
		return 0;
	set(fd, SOFTWARE_RESET, 1, 1);
	set(fd, POWER, 0x0f, 1);
	set(fd, CLOCK, 0x0005, 2);
	set(fd, STATUS_ENABLE, 0xffffffff, 4);
	command(fd, GO_IDLE, 0, NO_RESPONSE);
	command(fd, SEND_IF_COND, 0x1aa, SHORT_RESPONSE);
	command(fd, NEXT_IS_APPLICATION, 0, SHORT_RESPONSE);
	command(fd, SEND_OP_COND, 0x00ff8000, SHORT_RESPONSE);
	command(fd, ALL_SEND_CID, 0, LONG_RESPONSE);
	command(fd, SEND_ADDRESS, 0, SHORT_RESPONSE);
	address = get(fd, RESPONSE, 4) & 0xffff0000;
	command(fd, SELECT, address, SHORT_RESPONSE);
	set(fd, BLOCK_LENGTH, 0x7000 | BLOCK_SIZE, 2);
	shared_store(&area->dma_enabled, address ? enabled | 1U << number : enabled & ~(1U << number));
	return address ? 0 : -EIO;
}

int dma_write(int fd, unsigned int number, u32 iova, u8 tag)
{
	if (enable(fd, number) < 0)
		return -EIO;
	aim(fd, iova);
	transfer(fd, READ_BLOCK, tag, BY_DMA | FROM_CARD);
	return 0;
}

/* The first byte of memory at @iova and the byte at MARK_OFFSET; both 0 when no memory answered. */
int dma_read(int fd, unsigned int number, u32 iova, u8 *first, u8 *mark)
{
	u32 low, high;

	if (enable(fd, number) < 0)
		return -EIO;
	aim(fd, iova);
	transfer(fd, WRITE_BLOCK, SPARE_BLOCK, BY_DMA);
	transfer(fd, READ_BLOCK, SPARE_BLOCK, FROM_CARD);
	low = get(fd, BUFFER, 4);
	get(fd, BUFFER, 4);
	high = get(fd, BUFFER, 4);
	set(fd, SOFTWARE_RESET, 4, 1);	/* the rest of the block */
	*first = low;
	*mark = high;
	return 0;
}

int dma_prepare(int fd, unsigned int number, u32 buffer_iova, u8 *buffer)
{
	unsigned int block;
	u8 first, mark;

	if (enable(fd, number) < 0)
		return -EIO;
	for (block = 0; block < 256; block++) {
		memset(buffer, block, BLOCK_SIZE);
		aim(fd, buffer_iova);
		transfer(fd, WRITE_BLOCK, block, BY_DMA);
	}
	memset(buffer, 0, BLOCK_SIZE);
	if (dma_write(fd, number, buffer_iova, 0x5a) < 0 || buffer[0] != 0x5a || buffer[MARK_OFFSET] != 0x5a)
		return -EIO;
	return dma_read(fd, number, buffer_iova, &first, &mark) < 0 || first != 0x5a || mark != 0x5a ? -EIO : 0;
}
