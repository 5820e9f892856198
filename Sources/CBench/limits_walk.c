#include <stddef.h>

#include "bench_limits.h"
#include "pte.h"

// What a loop computed goes here, so that no compiler drops it.
static volatile uint64_t sink;

// Always 0, which no compiler knows: a value masked with it makes an address depend on the translation before.
static volatile uint64_t zero;

static inline uint64_t entry(const uint8_t *base, uint64_t table, unsigned shift, uint64_t address) {
    return *(const uint64_t *)(const void *)(base + (table & FL_PTE_ADDR_MASK) + ((address >> shift & 511) << 3));
}

static inline uint64_t walk(const uint8_t *base, uint64_t root, uint64_t address) {
    uint64_t e = entry(base, root, 39, address);
    e = entry(base, e, 30, address);
    e = entry(base, e, 21, address);
    e = entry(base, e, 12, address);
    return (e & FL_PTE_ADDR_MASK) | (address & (FL_PAGE_SIZE - 1));
}

double fl_limit_walk_dependent(const fl_bench_tables *t, const uint64_t *addresses, uint64_t count) {
    const uint8_t *base = t->ram.base;
    uint64_t root = t->root_pfn << FL_PAGE_SHIFT, sum = 0, last = 0, none = zero, start = fl_bench_now();
    for (uint64_t i = 0; i < count; i++) {
        last = walk(base, root, addresses[i] + (last & none));
        sum += last;
    }
    sink = sum;
    return (double)(fl_bench_now() - start) / (double)count;
}

double fl_limit_walk_independent(const fl_bench_tables *t, const uint64_t *addresses, uint64_t count) {
    const uint8_t *base = t->ram.base;
    uint64_t root = t->root_pfn << FL_PAGE_SHIFT, sum = 0, start = fl_bench_now();
    for (uint64_t i = 0; i < count; i++) sum += walk(base, root, addresses[i]);
    sink = sum;
    return (double)(fl_bench_now() - start) / (double)count;
}

static inline __attribute__((always_inline)) uint64_t walk_abreast(const uint8_t *base, uint64_t root,
                                                                   const uint64_t *addresses, unsigned n) {
    uint64_t table[64], sum = 0;
    for (unsigned i = 0; i < n; i++) table[i] = root;
    for (unsigned shift = 39; shift > 12; shift -= 9)
        for (unsigned i = 0; i < n; i++) {
            table[i] = entry(base, table[i], shift, addresses[i]);
            __builtin_prefetch(base + (table[i] & FL_PTE_ADDR_MASK) + ((addresses[i] >> (shift - 9) & 511) << 3));
        }
    for (unsigned i = 0; i < n; i++)
        sum += (entry(base, table[i], 12, addresses[i]) & FL_PTE_ADDR_MASK) | (addresses[i] & (FL_PAGE_SIZE - 1));
    return sum;
}

double fl_limit_walk_batch(const fl_bench_tables *t, const uint64_t *addresses, uint64_t count, unsigned batch) {
    const uint8_t *base = t->ram.base;
    uint64_t root = t->root_pfn << FL_PAGE_SHIFT, sum = 0, start = fl_bench_now();
    count -= count % batch;
    for (uint64_t i = 0; i < count; i += batch) {
        switch (batch) {
        case 8: sum += walk_abreast(base, root, addresses + i, 8); break;
        case 16: sum += walk_abreast(base, root, addresses + i, 16); break;
        case 32: sum += walk_abreast(base, root, addresses + i, 32); break;
        case 64: sum += walk_abreast(base, root, addresses + i, 64); break;
        default: return -1;
        }
    }
    sink = sum;
    return (double)(fl_bench_now() - start) / (double)count;
}
