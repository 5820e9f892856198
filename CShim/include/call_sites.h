// Faults summed up by the call chain that took them, in memory of fixed size.
#ifndef FAULTLINE_CALL_SITES_H
#define FAULTLINE_CALL_SITES_H

#include <stdbool.h>
#include <stdint.h>

#include "call_chain.h"

typedef enum fl_fault_kind {
    FL_FAULT_MINOR,      // a page was made or found in memory
    FL_FAULT_MAJOR,      // a page was read from a file
    FL_FAULT_COW,        // a write to a page that others have too: copied, or taken over
    FL_FAULT_ZERO_PAGE,  // a read of memory that nobody wrote to
    FL_FAULT_SPURIOUS,   // the entry allowed the access already
    FL_FAULT_SIGNAL,     // refused: the access ended in a signal
    FL_FAULT_KINDS,
} fl_fault_kind;

typedef struct fl_call_sites fl_call_sites;

typedef struct fl_call_site {
    uint32_t depth;  // frames of the chain
    uint32_t flags;  // FL_CHAIN_..., of all faults here together
    uint64_t counts[FL_FAULT_KINDS];
    uint64_t lowest, highest;  // addresses of the faults
} fl_call_site;

// Room for so many different chains, and so many different callers in all of them: about 40 bytes for each caller and 96 for each chain.
// NULL where the host has no memory.
fl_call_sites *_Nullable fl_call_sites_create(uint32_t chains, uint32_t callers);
void fl_call_sites_destroy(fl_call_sites *_Nonnull sites);

// Counts a fault. Allocates nothing: safe in a signal handler. One thread at a time. Chains that are alike are kept once, common
// callers too. A fault whose chain finds no room is counted as lost; its kind is known still.
void fl_call_sites_add(
    fl_call_sites *_Nonnull sites, fl_fault_kind kind, uint64_t address, const fl_call_chain *_Nonnull chain);

// Different chains so far; sites are numbered from 0 in the order in which they came.
uint32_t fl_call_sites_count(const fl_call_sites *_Nonnull sites);

// A site and its chain, from the innermost address to the outermost. `addresses` and `guessed` have room for FL_CHAIN_MAX each.
// False for a number that no site has.
bool fl_call_sites_get(
    const fl_call_sites *_Nonnull sites, uint32_t number, fl_call_site *_Nonnull site, uint64_t *_Nonnull addresses,
    uint8_t *_Nonnull guessed);

// Faults of a kind whose chain found no room.
uint64_t fl_call_sites_lost(const fl_call_sites *_Nonnull sites, fl_fault_kind kind);

// Forgets all faults.
void fl_call_sites_clear(fl_call_sites *_Nonnull sites);

#endif
