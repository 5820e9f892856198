// A swap area of this machine's own kernel, for the time of a live run, and waiting until nothing of it is under way.
#ifndef FAULTLINE_KERNEL_SWAP_H
#define FAULTLINE_KERNEL_SWAP_H

#include <stdint.h>

// Makes a file of so many pages at `path` that must not be there, with the header of a swap area. 0 or -errno.
int fl_swap_make(const char *_Nonnull path, uint64_t pages);

// Writes the header of a swap area of so many pages into a file or device that is there. 0 or -errno.
int fl_swap_write_header(const char *_Nonnull path, uint64_t pages);

// swapon(2) and swapoff(2). 0 or -errno.
int fl_swap_on(const char *_Nonnull path);
int fl_swap_off(const char *_Nonnull path);

// Brings the kernel's read-ahead to where programs begin: a window of 1, a last cold read of slot 251, no hits. Takes a file of
// 1024 pages at `path`, an area of that for the time of the call; `page_cluster` must be 2 or more. 0 or -errno.
int fl_swap_cool(const char *_Nonnull path);

// Moves what waits in the LRU batches of all processors to the lists (`lru_add_drain_all`).
void fl_drain_all_batches(void);

// Waits until a disk does nothing: `inflight` is its file of that name in sysfs. Gives up after about a second. Whether it got there.
int fl_disk_is_quiet(int inflight);

#endif
