// SPDX-License-Identifier: GPL-2.0-only
/* One test mdev: what it does when it is opened, called, notified and closed. */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#include "driver.h"

static DEFINE_MUTEX(shared_lock);
static DEFINE_MUTEX(table_lock);
static struct vfiofuzz *table[VFIOFUZZ_DEVICES_MAX];

static struct vfiofuzz *of(struct vfio_device *vdev)
{
	return container_of(vdev, struct vfiofuzz, vdev);
}

struct vfiofuzz *vfiofuzz_get(unsigned int number)
{
	struct vfiofuzz *fuzz = NULL;

	mutex_lock(&table_lock);
	if (number < VFIOFUZZ_DEVICES_MAX)
		fuzz = table[number];
	if (fuzz)
		get_device(&fuzz->vdev.device);
	mutex_unlock(&table_lock);
	return fuzz;
}

void vfiofuzz_put(struct vfiofuzz *fuzz)
{
	put_device(&fuzz->vdev.device);
}

static struct mutex *lock_of(struct vfiofuzz *fuzz)
{
	switch (fuzz->shape.lock) {
	case VFIOFUZZ_LOCK_OWN:
		return &fuzz->own_lock;
	case VFIOFUZZ_LOCK_SHARED:
		return &shared_lock;
	}
	return NULL;
}

/* Uninterruptible, as in the drivers that this one stands for (GVT-g's cache_lock, vfio_ap's matrix_dev->lock). */
static void lock(struct vfiofuzz *fuzz)
{
	if (lock_of(fuzz))
		mutex_lock(lock_of(fuzz));
}

static void unlock(struct vfiofuzz *fuzz)
{
	if (lock_of(fuzz))
		mutex_unlock(lock_of(fuzz));
}

static int read_or_write(struct vfiofuzz *fuzz, struct vfiofuzz_call *call)
{
	bool write = call->access & VFIOFUZZ_WRITE;
	u8 *data;
	int result;

	if (call->count > VFIOFUZZ_RW_MAX)
		return -EINVAL;
	data = kvmalloc(VFIOFUZZ_RW_MAX, GFP_KERNEL);
	if (!data)
		return -ENOMEM;
	memset(data, write ? call->tag : 0, call->count);
	result = vfio_dma_rw(&fuzz->vdev, call->iova, data, call->count, write);
	if (!result && !write && !(call->iova & ~PAGE_MASK))
		call->value = data[0];
	kvfree(data);
	return result;
}

int vfiofuzz_do(struct vfiofuzz *fuzz, struct vfiofuzz_call *call)
{
	int result = -EINVAL;

	call->value = 0;
	if (call->what == VFIOFUZZ_ACCESS)
		return pins_access(fuzz, call);
	lock(fuzz);
	if (call->what == VFIOFUZZ_PIN)
		result = pins_take(fuzz, call);
	else if (call->what == VFIOFUZZ_UNPIN)
		result = pins_drop(fuzz, call);
	else if (call->what == VFIOFUZZ_DMA_RW)
		result = read_or_write(fuzz, call);
	unlock(fuzz);
	return result;
}

/* As a worker does it: again when the answer is EFAULT, if the shape says so. */
int vfiofuzz_do_persistently(struct vfiofuzz *fuzz, struct vfiofuzz_call *call)
{
	unsigned int retries = fuzz->shape.on_fault == VFIOFUZZ_ON_FAULT_RETRY ? fuzz->shape.retry_count : 0;
	int result;

	do {
		result = vfiofuzz_do(fuzz, call);
	} while (result == -EFAULT && retries--);
	return result;
}

static int open_device(struct vfio_device *vdev)
{
	struct vfiofuzz *fuzz = of(vdev);

	fuzz->refusals_left = fuzz->shape.callback == VFIOFUZZ_CALLBACK_REFUSE ? fuzz->shape.refuse_count : 0;
	WRITE_ONCE(fuzz->open, true);
	worker_open(&fuzz->worker);
	return 0;
}

static void close_device(struct vfio_device *vdev)
{
	struct vfiofuzz *fuzz = of(vdev);

	worker_close(fuzz);
	lock(fuzz);
	pins_drop_range(fuzz, 0, 0, UINT_MAX);
	unlock(fuzz);
	WRITE_ONCE(fuzz->open, false);
}

static void dma_unmap(struct vfio_device *vdev, u64 iova, u64 length)
{
	struct vfiofuzz *fuzz = of(vdev);

	lock(fuzz);
	if (fuzz->refusals_left)
		fuzz->refusals_left--;
	else
		pins_drop_range(fuzz, iova, length, fuzz->shape.callback == VFIOFUZZ_CALLBACK_TOO_LITTLE ? 1 : UINT_MAX);
	unlock(fuzz);
}

static long device_ioctl(struct vfio_device *vdev, unsigned int command, unsigned long argument)
{
	struct vfiofuzz_call __user *user = (void __user *)argument;
	struct vfiofuzz_call call;
	int result;

	if (command == VFIO_DEVICE_RESET)
		return 0;
	if (command != VFIOFUZZ_CALL)
		return -ENOTTY;
	if (copy_from_user(&call, user, sizeof(call)))
		return -EFAULT;
	result = vfiofuzz_do(of(vdev), &call);
	if (put_user(call.value, &user->value))
		return -EFAULT;
	return result;
}

static int init_device(struct vfio_device *vdev)
{
	struct vfiofuzz *fuzz = of(vdev);

	fuzz->number = to_mdev_device(vdev->dev)->uuid.b[15] % VFIOFUZZ_DEVICES_MAX;
	mutex_init(&fuzz->own_lock);
	pins_init(&fuzz->pins);
	return worker_init(fuzz);
}

static void release_device(struct vfio_device *vdev)
{
	worker_destroy(&of(vdev)->worker);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	vfio_free_device(vdev);
#endif
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define IOMMUFD_OPERATIONS \
	.bind_iommufd = vfio_iommufd_emulated_bind, \
	.unbind_iommufd = vfio_iommufd_emulated_unbind, \
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
#else
#define IOMMUFD_OPERATIONS
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define DETACH_OPERATION	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#else
#define DETACH_OPERATION
#endif
#define OPERATIONS \
	.name = "vfiofuzz", \
	.init = init_device, \
	.release = release_device, \
	.open_device = open_device, \
	.close_device = close_device, \
	.ioctl = device_ioctl, \
	IOMMUFD_OPERATIONS \
	DETACH_OPERATION

static const struct vfio_device_ops operations = { OPERATIONS .dma_unmap = dma_unmap };
static const struct vfio_device_ops without_callback = { OPERATIONS };

/* While the device is closed: type1 looks for the callback when it is opened, when it pins and when it is closed. */
void vfiofuzz_take_shape(struct vfiofuzz *fuzz, const struct vfiofuzz_shape *shape)
{
	fuzz->shape = *shape;
	fuzz->vdev.ops = shape->callback == VFIOFUZZ_CALLBACK_NONE ? &without_callback : &operations;
}

static int enter(struct vfiofuzz *fuzz)
{
	int result = -EEXIST;

	mutex_lock(&table_lock);
	if (!table[fuzz->number]) {
		table[fuzz->number] = fuzz;
		result = 0;
	}
	mutex_unlock(&table_lock);
	return result;
}

static void leave(struct vfiofuzz *fuzz)
{
	mutex_lock(&table_lock);
	table[fuzz->number] = NULL;
	mutex_unlock(&table_lock);
}

int vfiofuzz_probe(struct mdev_device *mdev)
{
	struct vfiofuzz *fuzz = vfio_alloc_device(vfiofuzz, vdev, mdev_dev(mdev), &operations);
	int result;

	if (IS_ERR(fuzz))
		return PTR_ERR(fuzz);
	result = enter(fuzz);
	if (result)
		goto put;
	result = vfio_register_emulated_iommu_dev(&fuzz->vdev);
	if (result)
		goto forget;
	dev_set_drvdata(mdev_dev(mdev), fuzz);
	return 0;
forget:
	leave(fuzz);
put:
	vfio_put_device(&fuzz->vdev);
	return result;
}

void vfiofuzz_remove(struct mdev_device *mdev)
{
	struct vfiofuzz *fuzz = dev_get_drvdata(mdev_dev(mdev));

	vfio_unregister_group_dev(&fuzz->vdev);
	leave(fuzz);
	vfio_put_device(&fuzz->vdev);
}
