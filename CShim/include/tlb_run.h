// Accesses of a program one after the other, as a trace has them; included by tlb.h.
#ifndef FAULTLINE_TLB_RUN_H
#define FAULTLINE_TLB_RUN_H

#include "tlb.h"

// One user access in a word: bits 0 to 47 of the linear address, whose bit 47 stands for all above it too, and
// fl_access_kind in bits 62 and 63. The others are 0. An address of the lower half is the word of a read of it.
#define FL_ACCESS_KIND_SHIFT 62
#define FL_ACCESS_ADDRESS ((1ull << 48) - 1)

static inline uint64_t fl_access_address(uint64_t access) { return (uint64_t)((int64_t)(access << 16) >> 16); }

static inline fl_access_kind fl_access_kind_of(uint64_t access) {
    return (fl_access_kind)(access >> FL_ACCESS_KIND_SHIFT);
}

// What became of one that succeeded: the physical address in bits 0 to 51, and above FL_FOUND_SHIFT who had it.
#define FL_FOUND_SHIFT 60
typedef enum fl_found {
    FL_FOUND_FIRST = 0,     // the first-level TLB
    FL_FOUND_SECOND = 1,    // the second level
    FL_FOUND_WALK = 2,      // a walk that read one entry; one more for each further entry, up to FL_FOUND_WALK + 3
    FL_FOUND_FAULT = 6,     // a walk after a page fault that was handled; for who handles faults
} fl_found;

// Makes accesses as fl_cpu_translate would one after the other, until one does not succeed. Returns how many did: fewer than
// `count` where the next one faulted, and `stop` has what it came to. The TLBs, the counters and the tables are then as that
// fault leaves them, so that the caller may handle it and go on with the same access. `results` takes what became of those
// that succeeded, for whom it is not NULL.
uint64_t fl_cpu_run(fl_cpu *_Nonnull cpu, const uint64_t *_Nonnull accesses, uint64_t *_Nullable results, uint64_t count,
                    fl_translation *_Nonnull stop);

// Says that a user access to the address will come soon, some 20 from now: has the memory under way that it will read. It
// changes nothing that is simulated. It helps where accesses miss in TLBs and tables are larger than the host's caches.
void fl_cpu_expect(const fl_cpu *_Nonnull cpu, uint64_t address);

#endif
