// What a live run needs of the kernel as a whole: file systems of its own, which are in no directory and go with their last
// descriptor, and batches.
#ifndef FAULTLINE_KERNEL_MOUNT_H
#define FAULTLINE_KERNEL_MOUNT_H

#include <stdint.h>

// Mounts a file system in no directory (fsmount(2)), with the option size=`size` where one is given. Returns a descriptor of its
// root, which programs do not inherit, or -errno; it takes CAP_SYS_ADMIN.
int fl_mount(const char *_Nonnull type, const char *_Nullable size);

// The same of a tmpfs of so many bytes.
int fl_mount_tmpfs(uint64_t bytes);

// Moves what waits in the LRU batches of this thread's processor to the lists (`lru_add_drain`).
void fl_drain_batches(void);

#endif
