#include "bench_tables.h"

#include <stdlib.h>
#include <time.h>

#include "pte.h"

static uint64_t nanoseconds(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

uint64_t fl_bench_now(void) { return nanoseconds(CLOCK_THREAD_CPUTIME_ID); }

uint64_t fl_bench_wall(void) { return nanoseconds(CLOCK_MONOTONIC); }

// SplitMix64.
uint64_t fl_bench_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

// The numbers first ..< first + count in random order; NULL without memory.
static uint32_t *permutation(uint64_t first, uint64_t count, uint64_t *seed) {
    uint32_t *p = malloc(count * sizeof *p);
    if (!p) return NULL;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t j = fl_bench_random(seed) % (i + 1);
        p[i] = p[j];
        p[j] = (uint32_t)(first + i);
    }
    return p;
}

static uint64_t divide_up(uint64_t a, uint64_t b) { return (a + b - 1) / b; }

// Links `count` tables of one level below the tables of the level above, in order of linear address.
static void link_level(fl_bench_tables *t, const uint32_t *above, const uint32_t *tables, uint64_t count,
                       uint64_t first_index) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t index = first_index + i;
        fl_ram_table(&t->ram, above[index >> 9])[index & 511] =
            (uint64_t)tables[i] << FL_PAGE_SHIFT | FL_PTE_P | FL_PTE_RW | FL_PTE_US;
    }
}

fl_status fl_bench_tables_create(fl_bench_tables *t, uint64_t pages, uint64_t seed) {
    uint64_t pts = divide_up(pages, 512), pds = divide_up(pts, 512), pdpts = divide_up(pds, 512);
    uint64_t frames = 1 + pdpts + pds + pts;
    *t = (fl_bench_tables){.pages = pages, .table_frames = frames};
    // The pages' own frames are never touched: they lie above the tables' and cost no host memory.
    fl_status status = fl_ram_create(&t->ram, (frames + 1 + pages) << FL_PAGE_SHIFT);
    if (status != FL_OK) return status;
    uint32_t *table = permutation(1, frames, &seed);
    uint32_t *leaf = permutation(frames + 1, pages, &seed);
    if (!table || !leaf) {
        free(table), free(leaf);
        fl_bench_tables_destroy(t);
        return FL_E_HOST;
    }
    uint32_t *pdpt = table + 1, *pd = pdpt + pdpts, *pt = pd + pds;
    t->root_pfn = table[0];
    link_level(t, table, pdpt, pdpts, FL_BENCH_BASE >> 39);
    link_level(t, pdpt, pd, pds, 0);
    link_level(t, pd, pt, pts, 0);
    for (uint64_t i = 0; i < pages; i++)
        fl_ram_table(&t->ram, pt[i >> 9])[i & 511] =
            (uint64_t)leaf[i] << FL_PAGE_SHIFT | FL_PTE_P | FL_PTE_RW | FL_PTE_US;
    free(table), free(leaf);
    return FL_OK;
}

void fl_bench_tables_destroy(fl_bench_tables *t) { fl_ram_destroy(&t->ram); }

void fl_bench_addresses(const fl_bench_tables *t, uint64_t *addresses, uint64_t count, int sequential, uint64_t seed) {
    for (uint64_t i = 0; i < count; i++) {
        uint64_t page = sequential ? i : fl_bench_random(&seed);
        uint64_t offset = fl_bench_random(&seed) & (FL_PAGE_SIZE - 1);
        addresses[i] = FL_BENCH_BASE + ((page & (t->pages - 1)) << FL_PAGE_SHIFT) + offset;
    }
}
