// The guard of kernel-wide settings: a process that puts them back when this one ends, however it ends.
#ifndef FAULTLINE_KERNEL_GUARD_H
#define FAULTLINE_KERNEL_GUARD_H

#include <stdint.h>

typedef struct fl_kernel_setting {
    char path[120];  // a file of /proc/sys or /sys; of a swap area its file or device
    char value[24];  // what the file is to have again
    int is_swap;     // a swap area: it is taken away, and a file removed
} fl_kernel_setting;

// Takes the lock on the file at `path` that every live run holds (shared) or that one which changes settings holds alone;
// waits for it. Returns a descriptor that is not inherited by programs, or -errno.
int fl_kernel_lock(const char *_Nonnull path, int exclusive);

// Starts the guard, which keeps the lock `lock` until all settings are back. SIGINT, SIGTERM and SIGHUP from now on end this
// process only when they are. One guard at a time. Returns 0 or -errno.
int fl_kernel_guard_start(const fl_kernel_setting *_Nonnull settings, uint32_t count, int lock);

// Has the guard put the settings back, in order, and waits for it. Returns 0, or -1 where one could not be put back.
int fl_kernel_guard_finish(void);

#endif
