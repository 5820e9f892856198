// struct page: one record a frame, in an array indexed by PFN (the vmemmap).
#ifndef FAULTLINE_PAGE_H
#define FAULTLINE_PAGE_H

#include <stdint.h>

typedef struct fl_page {
    uint32_t flags;      // FL_PG_*
    int32_t mapcount;    // PTEs that map the frame (0 = none; Linux keeps it minus one)
    int32_t refcount;    // references, as Linux counts them
    uint32_t order;      // buddy order while free and head of a block; else 0
    uint64_t mapping;    // handle of the AnonVMA or FileMapping that owns the page; its low bit marks anon, as PAGE_MAPPING_ANON
    uint64_t index;      // page offset in the mapping, in pages
    uint64_t next;       // free: links of the list, a PFN or FL_PFN_NONE; else contents of the lines that are not real (CompactContents)
    uint64_t prev;
    uint64_t priv;       // on the unevictable list: mlock_count
    uint64_t reserved;   // which 64-byte lines of the frame are real, in simulated RAM, a bit each
} fl_page;

#define FL_PFN_NONE (~0ull)

// enum pageflags, as far as they are modelled.
#define FL_PG_UPTODATE (1u << 0)
#define FL_PG_DIRTY (1u << 1)
#define FL_PG_WRITEBACK (1u << 2)
#define FL_PG_SWAPBACKED (1u << 3)
#define FL_PG_ANON_EXCLUSIVE (1u << 4)
#define FL_PG_REFERENCED (1u << 5)
#define FL_PG_ACTIVE (1u << 6)
#define FL_PG_LRU (1u << 7)
#define FL_PG_MLOCKED (1u << 8)
#define FL_PG_UNEVICTABLE (1u << 9)
#define FL_PG_TABLE (1u << 10)
#define FL_PG_RESERVED (1u << 11)
#define FL_PG_ERROR (1u << 12)
#define FL_PG_READAHEAD (1u << 13)
#define FL_PG_BUDDY (1u << 14)     // free, head of a buddy block
#define FL_PG_PCP (1u << 15)       // free, on a per-CPU list

#endif
