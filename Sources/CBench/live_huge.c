#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

#include "bench_live.h"
#include "live_common.h"

#define HUGE_SIZE (2ull << 20)

#ifndef MADV_COLD
#define MADV_COLD 20
#endif

// Aligned private memory of `count` huge pages that asks for them, of which the first byte of each is written; NULL where refused, or
// where the kernel gave small pages. `mapped` receives what to unmap.
static uint8_t *map_huge(uint64_t count, uint8_t **mapped) {
    uint64_t size = (count + 1) * HUGE_SIZE;
    uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    *mapped = p;
    uint8_t *start = (uint8_t *)(((uintptr_t)p + HUGE_SIZE - 1) & ~(uintptr_t)(HUGE_SIZE - 1));
    if (madvise(start, count * HUGE_SIZE, MADV_HUGEPAGE) == 0) return start;
    munmap(p, size);
    return NULL;
}

static void touch_huge(volatile uint8_t *p, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) p[i * HUGE_SIZE] = 1;
}

double fl_live_huge_write_fault(uint64_t count) {
    uint8_t *mapped;
    uint8_t *p = map_huge(count, &mapped);
    if (!p) return LIVE_FAILED;
    uint64_t start = fl_bench_now();
    touch_huge(p, count);
    double result = fl_live_per(start, count);
    munmap(mapped, (count + 1) * HUGE_SIZE);
    return result;
}

double fl_live_huge_fork(uint64_t count) {
    uint8_t *mapped;
    uint8_t *p = map_huge(count, &mapped);
    if (!p) return LIVE_FAILED;
    touch_huge(p, count);
    double best = LIVE_FAILED;
    for (unsigned i = 0; i < 5; i++) {
        double one = fl_live_fork();
        if (one < 0) break;
        if (best < 0 || one < best) best = one;
    }
    munmap(mapped, (count + 1) * HUGE_SIZE);
    return best;
}

double fl_live_huge_split(uint64_t count) {
    uint8_t *mapped;
    uint8_t *p = map_huge(count, &mapped);
    if (!p) return LIVE_FAILED;
    touch_huge(p, count);
    uint64_t start = fl_bench_now();
    int failed = 0;
    for (uint64_t i = 0; i < count; i++) failed |= madvise(p + i * HUGE_SIZE, 4096, MADV_COLD);
    double result = fl_live_per(start, count);
    munmap(mapped, (count + 1) * HUGE_SIZE);
    return failed ? LIVE_FAILED : result;
}
