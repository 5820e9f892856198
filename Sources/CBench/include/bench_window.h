// What a window is measured against: ordinary memory, and the least that the host takes for a fault that a program answers itself. Each
// returns nanoseconds; negative where the host refused something.
#ifndef FAULTLINE_BENCH_WINDOW_H
#define FAULTLINE_BENCH_WINDOW_H

#include <stdint.h>

// Adds to every cache line of memory, in order or in an order that looks random, `rounds` times. A touch.
double fl_bench_touch_in_order(void *_Nonnull memory, uint64_t bytes, uint64_t rounds);
double fl_bench_touch_at_random(void *_Nonnull memory, uint64_t bytes, uint64_t rounds);
// The same on fresh memory of the host in pages of 4 KiB: shared memory, as a window's is.
double fl_limit_touch_in_order(uint64_t bytes, uint64_t rounds);
double fl_limit_touch_at_random(uint64_t bytes, uint64_t rounds);

// Writes to, or reads, the first byte of each page. A page.
double fl_bench_write_each(void *_Nonnull memory, uint64_t pages);
double fl_bench_read_each(const void *_Nonnull memory, uint64_t pages);

// First write to a page that a handler of SIGSEGV makes accessible by one mmap of a memory file. A page.
double fl_limit_signal_fault(uint64_t pages);
// First write to a page that a service thread fills by UFFDIO_COPY, and to one for which it maps a page of a memory file and
// wakes the thread (UFFDIO_WAKE). A page.
double fl_limit_userfault_copy(uint64_t pages);
double fl_limit_userfault_map(uint64_t pages);

#endif
