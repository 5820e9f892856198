// The live kernel of this machine, measured by its own system calls and faults. Each function makes one measurement, in
// nanoseconds, gives back all that it took, and is negative where the kernel refused something (errno says what).
// Memory is at most `pages` pages and their tables, unless a function says otherwise. Transparent huge pages are off.
#ifndef FAULTLINE_BENCH_LIVE_H
#define FAULTLINE_BENCH_LIVE_H

#include <stdint.h>

// First write to a page of private anonymous memory; first read of one (the zero page); first write to a page of
// shared memory. A page.
double fl_live_anonymous_write_fault(uint64_t pages);
double fl_live_zero_page_read_fault(uint64_t pages);
double fl_live_shmem_write_fault(uint64_t pages);

// Read faults on a file whose pages are all in the page cache, a fault each 16 pages. A page mapped.
double fl_live_file_fault_around(uint64_t pages);

// fork with `pages` anonymous pages mapped, less a fork without them, a page; and a fork as such.
double fl_live_fork_per_page(uint64_t pages);
double fl_live_fork(void);

// Write to a page shared with a child (copied), and to one whose child is gone (re-used). A page.
double fl_live_cow_copy(uint64_t pages);
double fl_live_cow_reuse(uint64_t pages);

// First write to 2 MiB that asked for a huge page; fork with `count` such pages mapped; the split of one by MADV_COLD of a part.
double fl_live_huge_write_fault(uint64_t count);
double fl_live_huge_fork(uint64_t count);
double fl_live_huge_split(uint64_t count);

// munmap of anonymous pages; mprotect of them from read-write to read-only. A page.
double fl_live_munmap_per_page(uint64_t pages);
double fl_live_mprotect_per_page(uint64_t pages);

// mmap of one anonymous page and munmap of it again, untouched or written to once, with `vmas` other VMAs in place.
double fl_live_mmap_munmap(uint64_t pairs, uint64_t vmas);
double fl_live_mmap_touch_munmap(uint64_t pairs);

// mprotect of the middle page of a VMA, which splits it in three.
double fl_live_mprotect_split(uint64_t splits);

// Finding a VMA among `vmas`: mincore of one page of a random VMA, less a mincore refused before its lookup.
double fl_live_vma_lookup(uint64_t lookups, uint64_t vmas);

// MADV_PAGEOUT of a mapped file whose pages are clean and in the page cache. A page.
double fl_live_page_out_file(uint64_t pages);

// ftruncate to 0 of a file of `pages` pages that `mappings` mappings have faulted in. A page and mapping.
double fl_live_truncate_mapped(uint64_t pages, uint64_t mappings);

#endif
