// Page tables for the bench: a contiguous range of linear addresses mapped with 4 KiB pages, the tables at random frames.
#ifndef FAULTLINE_BENCH_TABLES_H
#define FAULTLINE_BENCH_TABLES_H

#include <stdint.h>

#include "memory.h"

// Linear address of the first page mapped.
#define FL_BENCH_BASE 0x100000000000ull

typedef struct fl_bench_tables {
    fl_ram ram;
    uint64_t root_pfn;
    uint64_t pages; // pages mapped from FL_BENCH_BASE on, each to a frame of its own in random order
    uint64_t table_frames;
} fl_bench_tables;

// Simulated RAM whose tables map `pages` pages (a power of two, up to 2^24: 64 GiB), user and writable, with the accessed
// and dirty bits clear. The same seed gives the same tables.
fl_status fl_bench_tables_create(fl_bench_tables *_Nonnull tables, uint64_t pages, uint64_t seed);
void fl_bench_tables_destroy(fl_bench_tables *_Nonnull tables);

// Fills `addresses` with `count` linear addresses mapped: uniformly random bytes, or (sequential) one a page in order.
void fl_bench_addresses(const fl_bench_tables *_Nonnull tables, uint64_t *_Nonnull addresses, uint64_t count,
                        int sequential, uint64_t seed);

uint64_t fl_bench_random(uint64_t *_Nonnull state);

// Nanoseconds of the calling thread's processor time: what others take of the processor does not count.
uint64_t fl_bench_now(void);

// Nanoseconds of the monotonic clock, for work that another thread or process does.
uint64_t fl_bench_wall(void);

#endif
