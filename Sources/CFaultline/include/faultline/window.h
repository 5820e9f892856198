/* Windows: simulated memory at addresses of this program, and who touches it. Part of faultline.h. */
#ifndef FAULTLINE_WINDOW_H_
#define FAULTLINE_WINDOW_H_

#include "machine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct faultline_window faultline_window;

typedef struct faultline_window_options {
    size_t size;              /* sizeof(faultline_window_options) */
    int32_t any_address;      /* 0: at the simulated addresses themselves where they are free here; 1: anywhere */
    uint64_t page_limit;      /* pages shown at a time, from 256 on; 0 for 4 Mi. Beyond, others go, and are shown again when touched */
    uint64_t mapping_limit;   /* mappings of this program that it takes, from 256 on; 0 for a quarter of vm.max_map_count */
} faultline_window_options;

#define FAULTLINE_WINDOW_OPTIONS_INIT { sizeof(faultline_window_options), 0, 0, 0 }

/* Opens a window on `length` bytes of a process's address space: whole pages below 2^47, mapped or not. `base` is where its first byte is
 * here. Options NULL for FAULTLINE_WINDOW_OPTIONS_INIT.
 *
 * A first touch there comes to the simulated kernel as a page fault, through a handler of SIGSEGV that passes on what is no window's.
 * Further touches cost what memory always costs. When the kernel changes an entry (munmap, mprotect, fork), the window follows.
 * System calls of this computer on a buffer in the window find only what is shown: see faultline_window_populate().
 * BAD_ARGUMENT for the range, ENDED for a process that has ended, HOST where this computer has no room (64 windows at most). */
faultline_status faultline_window_open(faultline_process *process, uint64_t start, uint64_t length,
                                       const faultline_window_options *options, faultline_window **window, void **base);

/* Ends a window. No thread may touch it any more: that would be a fault of this program. */
faultline_status faultline_window_close(faultline_window *window);

/* Calls `body`. FAULT where a touch in it was refused: then it was left at that instruction, by a jump that unwinds nothing, and the error
 * has signal, code and address. So the body must not hold a lock or a C++ object that needs its destructor across a touch that
 * may be refused. Calls may be nested. A touch that is refused outside of any body is a signal of this program. */
faultline_status faultline_window_run(faultline_window *window, void (*body)(void *argument), void *argument);

#define FAULTLINE_READ 0
#define FAULTLINE_WRITE 1
#define FAULTLINE_EXECUTE 2

/* Makes the accesses now, a page each, so that system calls of this computer find the pages. FAULT for the first that is refused.
 * `start` and `length` are simulated bytes in the window; `access` is FAULTLINE_READ, _WRITE or _EXECUTE. */
faultline_status faultline_window_populate(faultline_window *window, uint64_t start, uint64_t length, int32_t access);

typedef struct faultline_window_figures {
    size_t size;            /* sizeof(faultline_window_figures) */
    uint64_t touches;       /* that came to the simulated kernel */
    uint64_t shown_pages;   /* now */
    uint64_t mappings;      /* of this program, now */
    uint64_t evicted_pages; /* that went because a limit was reached */
} faultline_window_figures;

#define FAULTLINE_WINDOW_FIGURES_INIT { sizeof(faultline_window_figures), 0, 0, 0, 0 }

faultline_status faultline_window_statistics(faultline_window *window, faultline_window_figures *figures);

/* ---- Arenas --------------------------------------------------------------------------------------------------------------------- */

typedef struct faultline_arena faultline_arena;

/* An allocator in the manner of malloc in a part of a window, whole pages that the process has mapped, or maps before a block is touched. What
 * it knows lies outside: allocating and freeing touch none of the memory, the faults are those of the code that uses the blocks.
 * `start` and `length` are simulated bytes in the window. BAD_ARGUMENT for a range, HOST where there is no memory. */
faultline_status faultline_arena_create(faultline_window *window, uint64_t start, uint64_t length, faultline_arena **arena);

/* Ends it; its blocks are memory of the window still. */
faultline_status faultline_arena_destroy(faultline_arena *arena);

/* A block. `alignment` is a power of two, 0 for 16. FULL where no room is left. The bytes are zero where nobody wrote to them before. */
faultline_status faultline_arena_allocate(faultline_arena *arena, size_t bytes, size_t alignment, void **block);

/* Gives a block back; NULL is allowed. BAD_ARGUMENT for a place where no block begins, or one that was given back. */
faultline_status faultline_arena_free(faultline_arena *arena, void *block);

/* Bytes that a block has room for. BAD_ARGUMENT as above. */
faultline_status faultline_arena_block_size(faultline_arena *arena, const void *block, size_t *bytes);

/* Bytes that are given out, with what rounding adds. */
faultline_status faultline_arena_used(faultline_arena *arena, uint64_t *bytes);

/* Gives pages of the simulated process back in which no block lies (MADV_DONTNEED), as malloc_trim(3) does. No block may be allocated
 * meanwhile. ERRNO: those of madvise. */
faultline_status faultline_arena_trim(faultline_arena *arena, uint64_t *pages);

/* ---- Faults by call site -------------------------------------------------------------------------------------------------------- */

/* From now on, each touch of a machine's windows that comes to the kernel is counted with the functions that made it. `chains` is how many
 * different ones are kept, 0 for 16384; beyond, faults are counted as lost. A call again begins anew. HOST where there is no memory. */
faultline_status faultline_call_sites_start(faultline_machine *machine, uint32_t chains);

/* No longer counts; what was counted stays. */
faultline_status faultline_call_sites_stop(faultline_machine *machine);

/* The table `faults by call site`: the `sites` with the most faults, 0 for 20. */
faultline_status faultline_call_sites_text(faultline_machine *machine, uint32_t sites, char **text);

/* Collapsed stacks, `outermost;...;innermost COUNT` a line, as flame graph tools read them. */
faultline_status faultline_call_sites_collapsed(faultline_machine *machine, char **text);

/* The same as JSON: see docs/BACKTRACES.md. All three are BAD_ARGUMENT before faultline_call_sites_start(). */
faultline_status faultline_call_sites_json(faultline_machine *machine, char **text);

#ifdef __cplusplus
}
#endif

#endif
