// What the live-kernel measurements share. Private to CBench.
#ifndef FAULTLINE_LIVE_COMMON_H
#define FAULTLINE_LIVE_COMMON_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "bench_tables.h"

#define LIVE_FAILED (-1.0)

// Private anonymous read-write memory without huge pages; NULL where refused.
uint8_t *fl_live_map_anonymous(uint64_t pages);

// A file of `pages` pages, already unlinked: shared memory, or (disk) in the temporary directory with every page written
// and so in the page cache. -1 where refused.
int fl_live_make_file(uint64_t pages, int disk);

// One-byte accesses, `step` pages apart.
void fl_live_write_pages(volatile uint8_t *p, uint64_t pages, uint64_t step);
void fl_live_read_pages(const volatile uint8_t *p, uint64_t pages, uint64_t step);

// A child that waits until fl_live_release is called; -1 where refused. `gate` receives the descriptor to pass on.
pid_t fl_live_hold_child(int *gate);
void fl_live_release(pid_t child, int gate);

static inline double fl_live_per(uint64_t start, uint64_t count) {
    return (double)(fl_bench_now() - start) / (double)count;
}

#endif
