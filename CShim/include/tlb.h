// A CPU's address translation: L1 and L2 TLBs, paging-structure caches, PCIDs, and the instructions that flush them
// (Intel SDM vol. 3A, 4.10; AMD APM vol. 2, 5.5).
#ifndef FAULTLINE_TLB_H
#define FAULTLINE_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "walk.h"

typedef enum fl_replacement { FL_REPLACE_LRU = 0, FL_REPLACE_PLRU = 1 } fl_replacement;

#define FL_TLB_MAX_WAYS 128u

// One set-associative array. 0 sets: the CPU has none of this kind.
typedef struct fl_tlb_shape {
    uint32_t sets;     // a power of two, at most 65536
    uint32_t ways;     // 1 to FL_TLB_MAX_WAYS; for tree PLRU a power of two up to 64
    uint32_t replacement;  // fl_replacement
} fl_tlb_shape;

// The arrays, in the order of fl_tlb_geometry.shapes.
typedef enum fl_tlb_array_id {
    FL_L1I_4K = 0, FL_L1I_2M, FL_L1D_4K, FL_L1D_2M, FL_L1D_1G, FL_L2_4K, FL_L2_2M, FL_L2_1G,
    FL_PSC_PDE, FL_PSC_PDPTE, FL_PSC_PML4E, FL_TLB_ARRAYS
} fl_tlb_array_id;

typedef struct fl_tlb_geometry {
    fl_tlb_shape shapes[FL_TLB_ARRAYS];
    bool unified_l2;   // FL_L2_4K holds 2 MiB translations too
} fl_tlb_geometry;

typedef enum fl_tlb_error {
    FL_TLB_OK = 0,
    FL_TLB_E_SETS = 1,       // not a power of two, or over 65536
    FL_TLB_E_WAYS = 2,       // 0 or over FL_TLB_MAX_WAYS
    FL_TLB_E_PLRU_WAYS = 3,  // tree PLRU needs a power of two up to 64: its bits are one word
    FL_TLB_E_NO_L1 = 4,      // no data or no instruction TLB for 4 KiB pages
    FL_TLB_E_MEMORY = 5,
    FL_TLB_E_PHYSICAL_BITS = 6,  // MAXPHYADDR is not 32 to 52
} fl_tlb_error;

// A set of a first-level TLB of 4 ways and 16 sets or more, with tree PLRU: what a hit reads and writes, at one address.
// A tag is in two halves, so that the first vector instructions of x86-64 compare 4 at once.
typedef struct fl_tlb_set {
    uint32_t pages[4];     // bits 16 to 47 of the linear address; those from 12 to 15 are the set's number
    uint32_t contexts[4];  // upper half of the tag's context; 0 is empty
    uint64_t data[4];
    uint8_t tree;          // see fl_plru4_touched
    uint64_t hits[3];      // by fl_access_kind
    uint64_t unused[4];
} fl_tlb_set;

typedef struct fl_tlb_array {
    uint64_t *_Nullable entries;  // a set: the tags of its ways (0 is empty), then their data; or the same as `sets`
    fl_tlb_set *_Nullable sets;   // the array has this form
    uint64_t *_Nullable ages;     // LRU: time of the last use, a way each; PLRU of over 8 ways: the tree's bits, a set each
    uint8_t *_Nullable trees;     // PLRU of up to 8 ways: the tree's bits, see fl_plru4_touched
    uint32_t tree_stride;         // bytes from a set's tree to the next one's
    uint32_t set_mask;
    uint32_t ways;
    uint32_t replacement;
    uint32_t shift;             // of the address: log2 of the bytes that an entry spans
} fl_tlb_array;

typedef struct fl_tlb_counters {
    uint64_t l1_hits[3];        // by fl_access_kind
    uint64_t l2_hits[3];
    uint64_t walks[3];
    uint64_t walk_loads[5];     // entries read by walks, by level (4 PML4 to 1 page table)
    uint64_t saved_loads;       // entries that the paging-structure caches spared
    uint64_t fills[3];          // by page size: 4 KiB, 2 MiB, 1 GiB
    uint64_t faults;
    uint64_t flushed_pages, flushed_contexts, flushed_all;
    uint64_t stale_uses;        // see fl_cpu.checks
    uint64_t l1_large[2][3];    // of l1_hits, those of 2 MiB and of 1 GiB translations
    uint64_t l2_large[2][3];
    uint64_t fills_by_kind[3][3];  // fills, by page size and then by fl_access_kind
} fl_tlb_counters;

// A use of an entry that the page tables no longer allow: of a translation, or of a paging-structure entry by a walk.
typedef struct fl_stale_use {
    uint64_t address;
    uint32_t cpu;
    uint32_t context;
    uint64_t cached, current;   // physical address as cached, and as the tables have it now (0 for none)
    uint32_t level;             // 0: of a translation; else of the table at this level that the entry names
    uint32_t change;            // fl_stale_change: what should have flushed it
} fl_stale_use;

typedef enum fl_stale_change {
    FL_STALE_UNMAPPED = 1,      // an entry on the way lost P
    FL_STALE_MOVED = 2,         // the page has another frame
    FL_STALE_RIGHTS = 3,        // a right was taken away
    FL_STALE_SIZE = 4,          // a large page was split or joined
    FL_STALE_CLEAN = 5,         // D was cleared: the write does not set it again
} fl_stale_change;

#define FL_PCIDS 4096

typedef struct fl_translation {
    uint64_t physical;
    uint32_t error;
    uint32_t status;    // fl_walk_status
} fl_translation;

// What the fast path needs for one kind of access. Where the first-level TLB is not of the form of fl_tlb_set, `sets` is
// one that is empty.
typedef struct fl_tlb_quick {
    uint8_t *_Nullable sets;   // of fl_tlb_set; never NULL in a CPU that was made
    uint64_t set_bits;         // of an address shifted right by FL_SET_SHIFT: offset of its set
    uint64_t end;              // of the lower half: above it are the other half and what is not canonical
    uint64_t denied;           // bits of a cached translation that keep it from answering
    uint64_t walk_denied;      // those of one that a walk has just made, see fl_walk_data
    uint64_t rights;           // those of `denied` that are a fault; D is not
    uint64_t walks[4];         // by entries read less one: walks that count in several of fl_tlb_counters
    uint64_t refusals;         // such walks of one entry that faulted
    uint64_t second;           // hits in the second level
    uint32_t absent;           // the error code of a page that is not present
    uint64_t unused[3];        // its size is a power of two
} fl_tlb_quick;

// sizeof(fl_tlb_set) is 1 << (FL_PAGE_SHIFT - FL_SET_SHIFT).
#define FL_SET_SHIFT 5

// A paging-structure entry that a walk has just used: the next walk often needs the same one, and using it again changes
// nothing in its set.
typedef struct fl_recent_entry {
    uint64_t tag;              // 0: none
    uint64_t data;
} fl_recent_entry;

typedef struct fl_cpu {
    // What the fast path reads stands first.
    _Alignas(16) uint32_t contexts[4];  // the upper half of tag_bits, 4 times
    uint64_t tag_bits;          // of the current PCID, in the place of tags
    uint64_t psc_bits;          // the same for its paging-structure entries
    // The entries that stand for a page table and for a page directory. Code that uses another entry of
    // their arrays, other than by replacing these, sets the tags to 0.
    fl_recent_entry recent, recent_top;
    uint64_t directory_denied;  // bits of an entry that names a table, as data have them, that no quick walk passes
    uint64_t reserved;          // bits of all entries that must be 0
    fl_tlb_quick quick[3];      // by kind
    // Answers a user access to the lower half that the first level for 4 KiB pages does not hold. Never NULL in a CPU that
    // was made.
    fl_translation (*_Nullable miss)(struct fl_cpu *_Nonnull cpu, uint64_t address, fl_tlb_quick *_Nonnull quick,
                                     fl_tlb_set *_Nonnull set);
    // The same where the first level holds the page with rights that do not do.
    fl_translation (*_Nullable refused)(struct fl_cpu *_Nonnull cpu, uint64_t address, fl_tlb_quick *_Nonnull quick,
                                        fl_tlb_set *_Nonnull set);
    // The same where no TLB holds the page at all: the access has just faulted on a page that was not present.
    fl_translation (*_Nullable walk)(struct fl_cpu *_Nonnull cpu, uint64_t address, fl_tlb_quick *_Nonnull quick,
                                     fl_tlb_set *_Nonnull set);
    bool fast;                  // `quick` is all that decides about a user access
    bool checks;                // look at the tables at every use of an entry
    fl_tlb_array arrays[FL_TLB_ARRAYS];
    void *_Nullable memory;     // of the arrays
    uint64_t memory_bytes;
    fl_tlb_counters counters;
    fl_ram ram;
    fl_paging paging;
    uint64_t cr3;
    uint64_t clock;
    uint32_t pcid;
    uint32_t number;
    bool pcide, pge, unified_l2;
    uint32_t filled;            // arrays that ever held something, a bit each; the others need no search
    bool holds_large, holds_global;  // whether the unified L2 ever held 2 MiB, and anything a global translation
    uint64_t next_tag, global_tag;
    uint64_t *_Nullable tags_of;      // by PCID: tag of its translations
    uint64_t *_Nullable psc_tags_of;  // by PCID: tag of its paging-structure entries
    uint64_t *_Nullable roots_of;     // by PCID: CR3 when last loaded
    bool usual;                       // the shapes are those of fl_tlb_memory
    uint8_t run_loop;                 // fl_run_loop: what the last accesses of a run were
    fl_stale_use last_stale;
    uint64_t faulted;                 // the page and PCID of the last fault, see tlb_fault.c
} fl_cpu;

fl_tlb_error fl_cpu_create(fl_cpu *_Nonnull cpu, const fl_ram *_Nonnull ram, const fl_tlb_geometry *_Nonnull geometry,
                           const fl_paging *_Nonnull paging, uint32_t *_Nonnull failed_array);
void fl_cpu_destroy(fl_cpu *_Nonnull cpu);

// What has happened since the CPU was made.
fl_tlb_counters fl_cpu_counters(fl_cpu *_Nonnull cpu);

// MOV to CR3: bits 12 to 51 the root, bits 0 to 11 the PCID where CR4.PCIDE is set, bit 63 keeps its translations. Returns
// false, and changes nothing, for a value that is #GP: address bits beyond MAXPHYADDR, or bit 63 without CR4.PCIDE.
bool fl_cpu_load_cr3(fl_cpu *_Nonnull cpu, uint64_t value);
// MOV to CR4 and the like: new control bits; flushes what the manual says for the bits that change. Returns false, and
// changes nothing, where CR4.PCIDE cannot be set since bits 0 to 11 of CR3 are not 0 (#GP), or MAXPHYADDR is not 32 to 52.
bool fl_cpu_set_controls(fl_cpu *_Nonnull cpu, const fl_paging *_Nonnull paging, bool pcide, bool pge);
// WRPKRU. It flushes nothing.
void fl_cpu_write_pkru(fl_cpu *_Nonnull cpu, uint32_t value);
// Has every use of a cached translation compared with the tables, see fl_cpu.last_stale; or no longer.
void fl_cpu_check_uses(fl_cpu *_Nonnull cpu, bool checks);
void fl_cpu_invlpg(fl_cpu *_Nonnull cpu, uint64_t address);
typedef enum fl_invpcid { FL_INVPCID_ADDRESS = 0, FL_INVPCID_CONTEXT, FL_INVPCID_ALL, FL_INVPCID_NON_GLOBAL } fl_invpcid;
// INVPCID. Returns false for a type or descriptor that is #GP.
bool fl_cpu_invpcid(fl_cpu *_Nonnull cpu, unsigned type, uint64_t pcid, uint64_t address);

fl_translation fl_cpu_translate_slow(fl_cpu *_Nonnull cpu, uint64_t address, fl_access_kind kind, bool user);

// Sets fl_cpu.miss. Small: only 4 KiB translations are cached, none of them global, in arrays of 4, 8 and 4 ways.
void fl_cpu_choose_miss(fl_cpu *_Nonnull cpu, bool small);

// Looks for a cached translation of an address below `end` that the page tables do not allow. Returns true and fills `stale`
// at the first. PCIDs in `skipped`, a bit each, are passed over.
bool fl_cpu_find_stale_but(const fl_cpu *_Nonnull cpu, uint64_t end, uint64_t skipped, fl_stale_use *_Nonnull stale);
static inline bool fl_cpu_find_stale_below(const fl_cpu *_Nonnull cpu, uint64_t end, fl_stale_use *_Nonnull stale) {
    return fl_cpu_find_stale_but(cpu, end, 0, stale);
}
static inline bool fl_cpu_find_stale(const fl_cpu *_Nonnull cpu, fl_stale_use *_Nonnull stale) {
    return fl_cpu_find_stale_below(cpu, ~0ull, stale);
}

// One entry of an array, as it would answer: a translation, or in the paging-structure caches a table.
typedef struct fl_cached {
    uint64_t address;   // the first that it spans, of 1 << shift bytes
    uint64_t frame;     // physical address of the page, or of the table
    uint64_t rights;    // R/W, U/S, XD and the like as page-table entries have them, those of all levels together
    uint32_t pcid;
    uint32_t shift;
    bool global;
} fl_cached;

// What a way of a set holds. Returns false for one that is empty, or whose context was flushed, and where there is no such way.
bool fl_cpu_cached(const fl_cpu *_Nonnull cpu, fl_tlb_array_id array, uint64_t set, uint32_t way,
                   fl_cached *_Nonnull cached);

#include "tlb_access.h"
#include "tlb_run.h"

#endif
