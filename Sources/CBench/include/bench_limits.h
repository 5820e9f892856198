// Limit programs: the least work that a translation could be on this machine. Each returns nanoseconds a translation.
#ifndef FAULTLINE_BENCH_LIMITS_H
#define FAULTLINE_BENCH_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "bench_tables.h"

// A 4-level walk whose address depends on the walk before: the latency of one translation.
double fl_limit_walk_dependent(const fl_bench_tables *_Nonnull t, const uint64_t *_Nonnull addresses, uint64_t count);

// The same without the dependence: what out-of-order execution overlaps by itself.
double fl_limit_walk_independent(const fl_bench_tables *_Nonnull t, const uint64_t *_Nonnull addresses,
                                 uint64_t count);

// `batch` walks (8, 16, 32 or 64) abreast, level by level, each level prefetched for all before any is read.
double fl_limit_walk_batch(const fl_bench_tables *_Nonnull t, const uint64_t *_Nonnull addresses, uint64_t count,
                           unsigned batch);

// A hit in a TLB of `sets` (a power of two) by 1, 4, 8 or 16 ways with an AVX2 tag compare; no replacement, no counters.
// The addresses hit a full TLB at random. Negative where the processor has no AVX2.
double fl_limit_tag_compare(unsigned sets, unsigned ways, uint64_t count, bool dependent, uint64_t seed);

// malloc of 64 bytes and free of them again.
double fl_limit_malloc_pair(uint64_t count);

#endif
