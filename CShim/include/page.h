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
    uint64_t index;      // page offset in the mapping, in pages; page-table pages: unused
    uint64_t next;       // free list or LRU link: PFN, or FL_PFN_NONE
    uint64_t prev;
} fl_page;

#define FL_PFN_NONE (~0ull)

#endif
