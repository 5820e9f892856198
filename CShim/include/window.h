// Windows: parts of simulated address spaces that appear at host addresses. A window is one more TLB of the simulated machine: it
// shows a page once an access has brought it in, and it follows every flush.
//
// This file knows which pages a window shows, and with which rights. Two operations make the host follow: in this process by
// mmap(2), in another one by whatever reaches it.
#ifndef FAULTLINE_WINDOW_H
#define FAULTLINE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"

// What a shown page allows. A page is never shown for writing alone.
#define FL_SHOWS_READ 1u
#define FL_SHOWS_WRITE 2u
#define FL_SHOWS_EXECUTE 4u

typedef struct fl_window fl_window;

// Addresses are simulated ones, page-aligned, inside the window. Each returns 0, or an errno of the host.
typedef struct fl_window_ops {
    // Shows `pages` pages from `start` on: the frames from `frame` on. What was shown there goes.
    int (*_Nonnull map)(fl_window *_Nonnull window, uint64_t start, uint64_t pages, uint64_t frame, uint32_t rights);
    // Changes the rights of pages that are shown.
    int (*_Nonnull protect)(fl_window *_Nonnull window, uint64_t start, uint64_t pages, uint32_t rights);
    // Shows nothing there any more, whatever was shown.
    int (*_Nonnull unmap)(fl_window *_Nonnull window, uint64_t start, uint64_t pages);
} fl_window_ops;

#define FL_WINDOW_LEVELS 6

// The maker of a window fills the first part and zeroes the rest; fl_window_open does the rest. All functions below are called by the
// one thread that is in the machine.
struct fl_window {
    const fl_window_ops *_Nonnull ops;
    void *_Nullable owner;     // of the operations
    uint64_t start, end;       // simulated addresses
    uint64_t page_limit;       // shows at most as many pages
    uint64_t run_limit;        // and lets the host have at most about as many mappings (VMAs)
    bool shows_execute_only;   // the host has a right to execute that is none to read

    // Set by the machine, when the window joins it.
    fl_window *_Nullable next;
    fl_ram ram;
    uint64_t root;             // physical address of the top-level page table
    uint32_t context;          // TLB context of the address space; 0 once that is gone
    uint32_t process;          // index of the process that touches it
    uint32_t pkru;
    bool has_keys;

    // What is shown: a record a page (frame << 3 | rights, 0 for nothing), and the set of pages that have one: 64 pages a word of
    // level 0, 64 words of a level a word of the next.
    uint64_t *_Null_unspecified records;
    uint64_t *_Null_unspecified levels[FL_WINDOW_LEVELS];
    uint64_t pages;
    uint64_t shown_pages;
    uint64_t runs;             // host mappings that the window takes: places where neighbours do not join, plus 1
    uint64_t hand;             // the page where eviction goes on
    uint64_t evicted_pages;    // so far
    int host_error;            // errno of the host where it would not hide a page: from then on the window shows too much
};

// Makes the records. The host's errno, or EINVAL for a range that is empty, not page-aligned or outside user space.
int fl_window_open(fl_window *_Nonnull window);
// Shows nothing any more, and gives the records back. The window has left its machine.
void fl_window_close(fl_window *_Nonnull window);

// What the page tables allow a window to show of the page at an address: FL_SHOWS_ bits and the frame; 0 where the page must not
// be shown: not present, not accessed yet, or a protection key denies it. A page that was never written to is shown read-only.
uint32_t fl_window_allowed(const fl_window *_Nonnull window, uint64_t address, uint64_t *_Nonnull frame);

// What is shown of a page: FL_SHOWS_ bits (0 for nothing) and the frame.
uint32_t fl_window_shown(const fl_window *_Nonnull window, uint64_t address, uint64_t *_Nonnull frame);

// Shows pages. When the limits are reached, or the host has no room for another mapping, other pages of the windows of the same
// machine go first; `first` is the list of them. 0, or the host's errno when it refuses even so.
int fl_window_show(fl_window *_Nonnull first, fl_window *_Nonnull window, uint64_t start, uint64_t pages, uint64_t frame,
                   uint32_t rights);

// The next shown page at or above an address, or `end` of the window.
uint64_t fl_window_next(const fl_window *_Nonnull window, uint64_t address);

// A flush of an address space's translations from `start` to `end`: pages that the tables do not allow any more go, others lose the
// rights that the tables took back.
void fl_windows_flush(fl_window *_Nullable first, uint32_t context, uint64_t start, uint64_t end);
// The same for one window, whatever its address space.
void fl_window_follow(fl_window *_Nonnull window, uint64_t start, uint64_t end);
// Shows nothing from `start` to `end` any more.
void fl_window_hide(fl_window *_Nonnull window, uint64_t start, uint64_t end);

// The first shown page whose frame or rights the tables do not allow; false where there is none.
bool fl_window_find_stale(const fl_window *_Nonnull window, uint64_t *_Nonnull address);
// Counts pages and runs anew and compares: NULL, or what does not fit.
const char *_Nullable fl_window_check(const fl_window *_Nonnull window);

#endif
