// A memory cgroup for the processes of one program, of version 1 or 2, whichever the machine has.
#ifndef FAULTLINE_MEMORY_GROUP_H
#define FAULTLINE_MEMORY_GROUP_H

#include <stdint.h>

typedef struct fl_memory_group {
    char path[160];   // its folder
    char home[320];   // the folder of the group that this process is in
    int32_t version;  // 1 or 2
    int32_t guard;    // the pipe whose end has the guard remove the folder
} fl_memory_group;

// What one round of reclaim looked at and took, in pages.
typedef struct fl_reclaim_counts {
    uint64_t anon_scanned, anon_reclaimed, file_scanned, file_reclaimed;
} fl_reclaim_counts;

// Makes an empty group. A process of its own removes it when this one is gone, however it ends. Returns 0 or -errno.
int fl_memory_group_make(fl_memory_group *_Nonnull group);

// Removes it. Precondition: it is empty, or will soon be.
void fl_memory_group_remove(fl_memory_group *_Nonnull group);

// Moves a process into the group, or back to where this process is. Pages stay charged to where they were. Returns 0 or -errno.
int fl_memory_group_enter(const fl_memory_group *_Nonnull group, int process);
int fl_memory_group_leave(const fl_memory_group *_Nonnull group, int process);

// Sets the limit in bytes, or the swappiness (version 1 only). Returns 0 or -errno.
int fl_memory_group_limit(const fl_memory_group *_Nonnull group, uint64_t bytes);
int fl_memory_group_swappiness(const fl_memory_group *_Nonnull group, uint64_t value);

// Processes of the group that the kernel killed for memory so far, or -errno.
int64_t fl_memory_group_kills(const fl_memory_group *_Nonnull group);

// Brings the group's figures up to date. Returns 0 or -errno.
int fl_memory_group_refresh(const fl_memory_group *_Nonnull group);

// One round of reclaim, by this thread on a processor (-1: any). Returns 0 or -errno.
int fl_memory_group_reclaim(
    const fl_memory_group *_Nonnull group, int processor, fl_reclaim_counts *_Nonnull counts);

// Whether a process that this thread traces has been ended by SIGKILL.
int fl_process_was_killed(int process);

// Takes what a file has in memory out of it. Precondition: it is clean.
void fl_forget_pages(int file);

#endif
