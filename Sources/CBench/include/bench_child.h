// A program run for a measurement.
#ifndef FAULTLINE_BENCH_CHILD_H
#define FAULTLINE_BENCH_CHILD_H

#include <stdint.h>

// What a program took, in nanoseconds, and the most memory that it had at a time, in bytes.
typedef struct fl_bench_child {
    uint64_t wall, user, system, resident;
} fl_bench_child;

// Runs arguments[0] with its arguments (a null ends them) and waits for its end; what it prints goes nowhere. Its exit
// status; -1 where it could not be started or a signal ended it.
int fl_bench_run_child(char *_Nullable const *_Nonnull arguments, fl_bench_child *_Nonnull child);

#endif
