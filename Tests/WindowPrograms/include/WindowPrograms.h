// Ordinary programs in plain C that work on the memory they are given, and know nothing of windows.
#ifndef FAULTLINE_WINDOW_PROGRAMS_H
#define FAULTLINE_WINDOW_PROGRAMS_H

#include <stddef.h>
#include <stdint.h>

// Each returns a number that a right run gives, the same for the same count and seed, whatever the memory is; 0 where the memory does
// not suffice or a check of the program's own fails.

// Inserts and looks up numbers in a treap.
uint64_t wp_tree(void *_Nonnull memory, size_t bytes, uint64_t count, uint64_t seed);
// Inserts, looks up and removes numbers in a hash table with open addressing.
uint64_t wp_hash(void *_Nonnull memory, size_t bytes, uint64_t count, uint64_t seed);
// Sorts numbers by merging.
uint64_t wp_sort(void *_Nonnull memory, size_t bytes, uint64_t count, uint64_t seed);

// Touches, by a plain instruction.
uint8_t wp_load(const void *_Nonnull place);
void wp_store(void *_Nonnull place, uint8_t byte);
// Calls the code that stands there, which returns a number.
uint64_t wp_call(const void *_Nonnull code);
// Writes each byte of a range with its number, and sums a range.
void wp_fill(uint8_t *_Nonnull place, size_t bytes, uint8_t step);
uint64_t wp_sum(const uint8_t *_Nonnull place, size_t bytes);

// The faults of this thread so far, as the host counts them (getrusage, RUSAGE_THREAD).
uint64_t wp_minor_faults(void);
// Runs one of the programs on fresh memory of the host, page by page, and returns the faults that it took; UINT64_MAX where that cannot be.
uint64_t wp_live_faults(uint64_t (*_Nonnull program)(void *_Nonnull, size_t, uint64_t, uint64_t), size_t bytes, uint64_t count,
                        uint64_t seed, uint64_t *_Nonnull result);
// Mappings of this process (/proc/self/maps) that overlap a range of addresses.
uint64_t wp_mappings(const void *_Nullable start, uint64_t bytes);
// Forks the process; the child touches the place and exits with 0 where that was no signal. Returns the wait status.
int wp_fork_and_touch(const void *_Nonnull place);

#endif
