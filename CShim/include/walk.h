// The 4-level page walk of x86-64 (Intel SDM vol. 3A, 4.5 to 4.8; AMD APM vol. 2, 5.3 to 5.6).
#ifndef FAULTLINE_WALK_H
#define FAULTLINE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "memory.h"
#include "pte.h"

// The control bits that take part in a translation, in the manuals' names.
typedef struct fl_paging {
    uint32_t pkru;
    uint8_t physical_bits;       // MAXPHYADDR, 32 to 52
    bool wp;                     // CR0.WP
    bool smep, smap, pke;        // CR4
    bool nxe;                    // EFER.NXE
    bool ac;                     // EFLAGS.AC
    bool gigabyte_pages;         // CPUID.80000001H:EDX.Page1GB; without it PS in a PDPT entry is reserved
    bool reserves_global_in_pml4;  // AMD; Intel ignores bit 8 there
} fl_paging;

typedef enum fl_access_kind { FL_READ = 0, FL_WRITE = 1, FL_EXECUTE = 2 } fl_access_kind;

// Bits of a page fault's error code.
#define FL_PF_P 1u
#define FL_PF_W 2u
#define FL_PF_U 4u
#define FL_PF_RSVD 8u
#define FL_PF_I 16u
#define FL_PF_PK 32u

typedef enum fl_walk_status {
    FL_WALK_OK = 0,
    FL_WALK_PAGE_FAULT = 1,      // #PF with `error`
    FL_WALK_NOT_CANONICAL = 2,   // #GP
    FL_WALK_OUTSIDE_RAM = 3,     // an entry names a table outside the simulated RAM: nothing answers
} fl_walk_status;

// What a translation allows, in the places where page-table entries have it: RW and US are the AND of all levels, NX the
// OR; D, G and the protection key are the leaf's.
#define FL_RIGHTS_ALL (FL_PTE_P | FL_PTE_RW | FL_PTE_US | FL_PTE_A)

// The rights that an entry leaves of those above it.
static inline uint64_t fl_narrowed(uint64_t above, uint64_t entry) {
    return (above & (entry | ~(FL_PTE_RW | FL_PTE_US))) | (entry & FL_PTE_NX);
}

// Where a walk begins: at the PML4, or further down where a paging-structure cache has been of help.
typedef struct fl_walk_start {
    uint64_t table;   // physical address of the table
    uint64_t rights;  // FL_RIGHTS_ALL at the top, else those of the entries skipped
    uint8_t level;    // 4 at the PML4, 1 at a page table
} fl_walk_start;

typedef struct fl_walk {
    uint64_t physical;
    uint64_t tables[4];     // [n]: the table at level n, for n = 1 to 3, where the walk came by it
    uint64_t table_rights[4];  // rights of the entries above that table
    uint64_t rights;        // of the translation
    uint32_t error;
    uint8_t status;         // fl_walk_status
    uint8_t level;          // where the walk stopped: 4 PML4 to 1 page table
    uint8_t shift;          // log2 of the page size: 12, 21 or 30
    uint8_t loads;          // entries read
} fl_walk;

static inline bool fl_is_canonical(uint64_t address) {
    return (uint64_t)((int64_t)(address << 16) >> 16) == address;
}

// Walks from `start` and fills `walk`; sets A in every entry used and D in the leaf of a write, if the access is allowed
// and `marks` is true. A walk that faults changes nothing.
void fl_walk_from(const fl_ram *_Nonnull ram, const fl_paging *_Nonnull paging, fl_walk_start start, uint64_t address,
                  fl_access_kind kind, bool user, bool marks, fl_walk *_Nonnull walk);

// A whole walk from the PML4 at physical address `root`.
void fl_walk_tables(const fl_ram *_Nonnull ram, const fl_paging *_Nonnull paging, uint64_t root, uint64_t address,
                    fl_access_kind kind, bool user, fl_walk *_Nonnull walk);

typedef struct fl_batch_access {
    uint64_t address;
    uint8_t kind;   // fl_access_kind
    bool user;
} fl_batch_access;

// Walks for many accesses as fl_walk_tables would for one after the other, with the entries of many under way early.
void fl_walk_batch(const fl_ram *_Nonnull ram, const fl_paging *_Nonnull paging, uint64_t root,
                   const fl_batch_access *_Nonnull accesses, fl_walk *_Nonnull walks, uint64_t count);

// Whether rights allow the access: 0, or the error code of the fault.
uint32_t fl_violation(const fl_paging *_Nonnull paging, uint64_t rights, fl_access_kind kind, bool user);

#endif
