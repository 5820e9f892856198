// The memory of another process, changed from this one: an assistant without memory of its own makes mmap(2) and its like there, and
// userfaultfd(2) reports touches, by the program or by the kernel on its behalf.
#ifndef FAULTLINE_REMOTE_H
#define FAULTLINE_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

// Where the assistant lies: its code, its mailbox, a page for texts. Programs do not have these addresses.
#define FL_ASSISTANT_BASE 0x100000ull
#define FL_ASSISTANT_END 0x103000ull

typedef struct fl_mailbox fl_mailbox;

// What userfaultfd says: who touched what.
typedef struct fl_touch {
    uint64_t address;
    int thread;
    bool is_write;
} fl_touch;

typedef struct fl_remote {
    int assistant;        // its process number
    int faults;           // userfaultfd
    int ram;              // this process's descriptor of simulated RAM
    int remote_ram;       // the assistant's
    uint64_t ram_bytes;
    fl_mailbox *_Nullable mailbox;
    int mailbox_file;
    uint64_t operations;  // that the assistant has made
    // Touches that came while something else was waited for.
    fl_touch *_Nullable early;
    uint32_t early_count, early_room;
} fl_remote;

// Makes the assistant of a process that stands before an instruction. `is_new` says that it has just become a program, else it has its
// parent's assistant's pages. 0, or an errno.
int fl_remote_open(fl_remote *_Nonnull remote, int process, int ram, uint64_t ram_bytes, bool is_new);
void fl_remote_close(fl_remote *_Nonnull remote);

// Each returns 0 or an errno: ESRCH where the assistant is gone, EPROTO where its mailbox holds what it cannot hold, ETIME where it does
// not answer.

// Memory that no one has touched: the first touch is reported. `protection` is that of mmap(2). `is_alone` says that no other thread of
// the program runs meanwhile; where others do, none of them finds a moment in which the memory is anything but what it was or will be.
int fl_remote_reserve(fl_remote *_Nonnull remote, uint64_t start, uint64_t bytes, uint32_t protection, bool is_alone);
// No memory.
int fl_remote_remove(fl_remote *_Nonnull remote, uint64_t start, uint64_t bytes);
// Memory that no one may touch.
int fl_remote_forbid(fl_remote *_Nonnull remote, uint64_t start, uint64_t bytes);
// A page of the host's own, of zeros, that a child gets a copy of.
int fl_remote_lend(fl_remote *_Nonnull remote, uint64_t page);
// A page whose touch is SIGBUS.
int fl_remote_break(fl_remote *_Nonnull remote, uint64_t page);
// Frames of simulated RAM, from `offset` on. With `tells_writes` the first write to each page is told, although `protection` allows it.
int fl_remote_show(fl_remote *_Nonnull remote, uint64_t start, uint64_t bytes, uint64_t offset, uint32_t protection,
                   bool tells_writes, bool is_alone);
// From now on the next write is told, or none is any more. The pages are shown.
int fl_remote_tell_writes(fl_remote *_Nonnull remote, uint64_t start, uint64_t bytes, bool tells);
// What is shown or the host's own gets another protection.
int fl_remote_protect(fl_remote *_Nonnull remote, uint64_t start, uint64_t bytes, uint32_t protection);
// A child of the process does not get the memory.
int fl_remote_keep_from_child(fl_remote *_Nonnull remote, uint64_t start, uint64_t bytes);
// Maps a file that the program has open, as it is: not simulated. `path` is below /proc.
int fl_remote_map_file(fl_remote *_Nonnull remote, const char *_Nonnull path, int open_flags, uint64_t start, uint64_t bytes,
                       uint32_t protection, uint32_t flags, uint64_t offset);

// Any other call about memory that is not simulated. 0 or the errno.
int fl_remote_call(fl_remote *_Nonnull remote, uint64_t number, uint64_t a, uint64_t b, uint64_t c);

// Lets those go on who wait for a page.
void fl_remote_wake(fl_remote *_Nonnull remote, uint64_t page);
// Whether touches are there that no descriptor tells of any more.
bool fl_remote_has_early(const fl_remote *_Nonnull remote);
// Takes what was touched, up to `capacity` touches. Returns how many, or a negative errno.
int fl_remote_touches(fl_remote *_Nonnull remote, fl_touch *_Nonnull touches, int capacity);

#endif
