// A CPU's host memory, and what runs of accesses keep there.
#ifndef FAULTLINE_TLB_MEMORY_H
#define FAULTLINE_TLB_MEMORY_H

#include "tlb_internal.h"

// Page directories that a look ahead knows, by bits of the address.
#define FL_DIRECTORIES 64

// What a run of accesses reads of a CPU, set as it begins: all at constant distances from one address, since a host has few
// registers and the compiler keeps pointers in memory otherwise.
typedef struct fl_run_view {
    _Alignas(16) uint32_t contexts[4];
    uint64_t tag_bits, psc_bits;
    uint64_t read_denied;       // fl_tlb_quick.walk_denied of reads
    uint64_t *pde;
    uint8_t *pde_trees;
    uint64_t pde_mask;
    const uint8_t *ram;
    // Where the look ahead finds page directories: by bits 30 and up of the address. It only has memory fetched.
    uint64_t directories_of;    // the paging-structure context that they were found in
    uint64_t tops[FL_DIRECTORIES];
    const uint8_t *directories[FL_DIRECTORIES];
} fl_run_view;

// The beginning of a CPU's memory. From `data` on it has this form where fl_cpu.usual.
typedef struct fl_tlb_memory {
    fl_tlb_set nothing;         // an empty set, for a fast path that has none
    fl_plru_step plru8[128];    // copies of tables, at constant distances too
    fl_plru_step plru4[32];
    uint8_t touched4[32];
    uint8_t used4[32];          // the way that was used last, by the tree
    fl_run_view view;
    _Alignas(128) fl_tlb_set data[64];
    fl_tlb_set code[64];
    uint64_t second[2048][16];
    uint8_t second_trees[2048];
} fl_tlb_memory;

static inline fl_tlb_memory *fl_memory_of(const fl_cpu *c) { return (fl_tlb_memory *)c->memory; }

// The loops for runs of accesses, and how they work: so many accesses a block, of which a loop is chosen for the next; so many
// between two looks ahead, and from there to those that they are for.
#define FL_RUN_BLOCK 256
#define FL_RUN_GROUP 16
#define FL_RUN_AHEAD 24
typedef enum fl_run_loop { FL_RUN_HITS = 0, FL_RUN_NEAR = 1, FL_RUN_FAR = 2 } fl_run_loop;

// Bits of an access that is not to the lower half.
#define FL_ACCESS_UPPER (((1ull << FL_ACCESS_KIND_SHIFT) - 1) & ~((1ull << 47) - 1))

// Finds the page directory of an address for the look ahead.
void fl_run_find_directory(const fl_cpu *c, uint64_t address);

// Make accesses until one is not for the quick path: how many they made.
uint64_t fl_cpu_run_any(fl_cpu *c, const uint64_t *accesses, uint64_t *results, uint64_t count);
uint64_t fl_cpu_run_avx2(fl_cpu *c, const uint64_t *accesses, uint64_t *results, uint64_t count);

#endif
