// struct page: one record a frame, in an array indexed by PFN (the vmemmap).
#ifndef FAULTLINE_PAGE_H
#define FAULTLINE_PAGE_H

#include <stddef.h>
#include <stdint.h>

#define FL_SWIFT(name) __attribute__((swift_name(name)))

// enum pageflags, as far as they are modelled. Swift reads them here: they are the option set PageFlag.
typedef enum __attribute__((flag_enum, enum_extensibility(open))) fl_page_flags : uint32_t {
    FL_PG_UPTODATE FL_SWIFT("uptodate") = 1u << 0,
    FL_PG_DIRTY FL_SWIFT("dirty") = 1u << 1,
    FL_PG_WRITEBACK FL_SWIFT("writeback") = 1u << 2,
    FL_PG_SWAPBACKED FL_SWIFT("swapBacked") = 1u << 3,
    FL_PG_ANON_EXCLUSIVE FL_SWIFT("anonExclusive") = 1u << 4,
    FL_PG_REFERENCED FL_SWIFT("referenced") = 1u << 5,
    FL_PG_ACTIVE FL_SWIFT("active") = 1u << 6,
    FL_PG_LRU FL_SWIFT("lru") = 1u << 7,
    FL_PG_MLOCKED FL_SWIFT("mlocked") = 1u << 8,
    FL_PG_UNEVICTABLE FL_SWIFT("unevictable") = 1u << 9,
    FL_PG_TABLE FL_SWIFT("table") = 1u << 10,
    FL_PG_RESERVED FL_SWIFT("reserved") = 1u << 11,
    // The mark of readahead; of a page that is dirty or under write-back PG_reclaim, the same bit: it is to be reclaimed once it is
    // written. Fault-around passes both over.
    FL_PG_READAHEAD FL_SWIFT("readahead") = 1u << 12,
    FL_PG_PRIVATE FL_SWIFT("private") = 1u << 13,    // it has a buffer head
    FL_PG_BUDDY FL_SWIFT("buddy") = 1u << 14,        // free, the first of a buddy block
    FL_PG_PCP FL_SWIFT("perCPU") = 1u << 15,         // free, on a per-CPU list, or came from there to the block that has it now
    FL_PG_HEAD FL_SWIFT("head") = 1u << 16,          // the first page of a large folio
    FL_PG_TAIL FL_SWIFT("tail") = 1u << 17,          // one of its other pages
    FL_PG_SLAB FL_SWIFT("slab") = 1u << 18,          // of a slab: mapping is the cache, index has the counters
    FL_PG_SWAPCACHE FL_SWIFT("swapCache") = 1u << 19,    // in the swap cache: order is its slot
    FL_PG_CHARGED FL_SWIFT("charged") = 1u << 20,    // charged to the memory cgroup of a program (memcg_data), on whose lists it is
    FL_PG_WORKINGSET FL_SWIFT("workingset") = 1u << 21,  // was active once
    // Of a large folio, in its head: a part of it is unmapped (PG_partially_mapped), and it waits in the list of splits.
    FL_PG_PARTIALLY_MAPPED FL_SWIFT("partiallyMapped") = 1u << 22,
    FL_PG_DEFERRED FL_SWIFT("deferred") = 1u << 23,
    // Of a page of 2 MiB that belongs to the pool of huge pages (PageHuge), in its head; and that the page goes back as a reserved one
    // (HPageRestoreReserve).
    FL_PG_HUGETLB FL_SWIFT("hugeTLB") = 1u << 24,
    FL_PG_RESTORE_RESERVE FL_SWIFT("restoresReserve") = 1u << 25,
    // NUMA balancing knows who used it last (folio_last_cpupid), in its head.
    FL_PG_VISITED FL_SWIFT("visited") = 1u << 26,
} fl_page_flags;

// A large folio is 2^order pages, aligned to its size. What belongs to the whole of it stands in the head, as in a folio of one
// page; its counts stand in the first tail, which needs neither an owner nor links:
//
//              head, single page       first tail                                 other tails
//   mapcount   page tables that map the page by an entry of the last level (PAGE_MAPCOUNT is set in this kernel)
//   refcount   of the folio            0                                          0
//   order      0                       order, and _nr_pages_mapped from bit 8     order
//   mapping    owner                   _large_mapcount, _entire_mapcount          0
//   index      place in the owner      _mm_id[2]; bit 31 of the first: shared     0
//   next prev  links                   _mm_id_mapcount[2]                         third page: links of the list of splits
//   contents0, contents1, lines: what this frame holds
typedef struct fl_page {
    fl_page_flags flags;
    int32_t mapcount;      // 0 = none; Linux keeps it minus one
    int32_t refcount;
    uint32_t order;        // and of a free block, in its first page (buddy_order); of a page in the swap cache its slot (folio->swap)
    uint64_t mapping;      // handle of the AnonVMA or FileMapping that owns the page; its low bit marks anon, as PAGE_MAPPING_ANON
    uint64_t index;        // page offset in the mapping, in pages
    uint32_t next;         // links of a list of frames, a PFN or all ones: LRU lists; free blocks; tables that are set aside
    uint32_t prev;         // on the unevictable list: mlock_count
    uint64_t contents0;    // contents of the lines that are not real (CompactContents)
    uint64_t contents1;
    uint64_t lines;        // which 64-byte lines of the frame are real, in simulated RAM, a bit each
} fl_page;

// A PFN fits 32 bits: RAM ends below 2^31 frames.

_Static_assert(sizeof(fl_page) == 64, "struct page fills one cache line");
_Static_assert(offsetof(fl_page, contents0) == 40, "what the allocator and a fault write lies side by side");

#endif
