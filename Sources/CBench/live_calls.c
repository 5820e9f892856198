#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_live.h"
#include "live_common.h"

double fl_live_fork(void) {
    uint64_t start = fl_bench_now();
    pid_t child = fork();
    if (child == 0) _exit(0);
    double result = fl_live_per(start, 1);
    if (child < 0) return LIVE_FAILED;
    waitpid(child, NULL, 0);
    return result;
}

// The fastest of a few forks: the rest of the process is copied too, and its noise is larger than the pages' share.
static double fastest_fork(void) {
    double best = LIVE_FAILED;
    for (unsigned i = 0; i < 5; i++) {
        double one = fl_live_fork();
        if (one < 0) return one;
        if (best < 0 || one < best) best = one;
    }
    return best;
}

double fl_live_fork_per_page(uint64_t pages) {
    double without = fastest_fork();
    uint8_t *p = fl_live_map_anonymous(pages);
    if (!p || without < 0) return LIVE_FAILED;
    fl_live_write_pages(p, pages, 1);
    double with = fastest_fork();
    munmap(p, pages << FL_PAGE_SHIFT);
    return with < 0 ? LIVE_FAILED : (with > without ? with - without : 0) / (double)pages;
}

double fl_live_munmap_per_page(uint64_t pages) {
    uint8_t *p = fl_live_map_anonymous(pages);
    if (!p) return LIVE_FAILED;
    fl_live_write_pages(p, pages, 1);
    uint64_t start = fl_bench_now();
    if (munmap(p, pages << FL_PAGE_SHIFT)) return LIVE_FAILED;
    return fl_live_per(start, pages);
}

double fl_live_mprotect_per_page(uint64_t pages) {
    uint8_t *p = fl_live_map_anonymous(pages);
    if (!p) return LIVE_FAILED;
    fl_live_write_pages(p, pages, 1);
    uint64_t start = fl_bench_now();
    int failed = mprotect(p, pages << FL_PAGE_SHIFT, PROT_READ);
    double result = fl_live_per(start, pages);
    munmap(p, pages << FL_PAGE_SHIFT);
    return failed ? LIVE_FAILED : result;
}

// `vmas` one-page VMAs side by side that cannot merge, since their protection alternates; NULL where refused (the
// kernel's limit vm.max_map_count, 65530 by default, counts each).
static uint8_t *map_many(uint64_t vmas) {
    uint8_t *all = mmap(NULL, vmas << FL_PAGE_SHIFT, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) return NULL;
    for (uint64_t i = 1; i < vmas; i += 2)
        if (mprotect(all + (i << FL_PAGE_SHIFT), FL_PAGE_SIZE, PROT_NONE)) {
            munmap(all, vmas << FL_PAGE_SHIFT);
            return NULL;
        }
    return all;
}

static double map_and_unmap(uint64_t pairs, int touch) {
    uint64_t start = fl_bench_now();
    for (uint64_t i = 0; i < pairs; i++) {
        uint8_t *p = mmap(NULL, FL_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) return LIVE_FAILED;
        if (touch) *(volatile uint8_t *)p = 1;
        if (munmap(p, FL_PAGE_SIZE)) return LIVE_FAILED;
    }
    return fl_live_per(start, pairs);
}

double fl_live_mmap_munmap(uint64_t pairs, uint64_t vmas) {
    uint8_t *others = vmas ? map_many(vmas) : NULL;
    if (vmas && !others) return LIVE_FAILED;
    double result = map_and_unmap(pairs, 0);
    if (others) munmap(others, vmas << FL_PAGE_SHIFT);
    return result;
}

double fl_live_mmap_touch_munmap(uint64_t pairs) { return map_and_unmap(pairs, 1); }

double fl_live_mprotect_split(uint64_t splits) {
    uint64_t bytes = (splits * 4) << FL_PAGE_SHIFT;
    uint8_t *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return LIVE_FAILED;
    int failed = 0;
    uint64_t start = fl_bench_now();
    for (uint64_t i = 0; i < splits; i++)
        failed |= mprotect(p + ((i * 4 + 1) << FL_PAGE_SHIFT), FL_PAGE_SIZE, PROT_READ);
    double result = fl_live_per(start, splits);
    munmap(p, bytes);
    return failed ? LIVE_FAILED : result;
}

double fl_live_vma_lookup(uint64_t lookups, uint64_t vmas) {
    uint8_t *all = map_many(vmas);
    if (!all) return LIVE_FAILED;
    unsigned char resident;
    uint64_t seed = 1;
    int failed = 0;
    uint64_t start = fl_bench_now();
    for (uint64_t i = 0; i < lookups; i++)
        failed |= mincore(all + ((fl_bench_random(&seed) % vmas) << FL_PAGE_SHIFT), FL_PAGE_SIZE, &resident);
    double with = fl_live_per(start, lookups);
    start = fl_bench_now();
    for (uint64_t i = 0; i < lookups; i++) // misaligned: EINVAL at once
        failed |= !mincore(all + ((fl_bench_random(&seed) % vmas) << FL_PAGE_SHIFT) + 1, FL_PAGE_SIZE, &resident);
    double without = fl_live_per(start, lookups);
    munmap(all, vmas << FL_PAGE_SHIFT);
    return failed ? LIVE_FAILED : with - without;
}
