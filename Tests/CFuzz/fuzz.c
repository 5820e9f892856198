// Random page tables, TLB shapes and accesses: whatever a CPU with TLBs answers must be what a walk of the tables answers,
// as long as every change is followed by the flush that the manual asks for. Run under sanitisers.
//
//     fuzz ROUNDS [FIRST-SEED]      a difference prints the seed; `fuzz 1 SEED` replays it
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pte.h"
#include "tlb.h"
#include "tlb_run.h"

int fuzz_memory(uint64_t seed);
int fuzz_window(uint64_t seed);
int fuzz_flush(uint64_t seed);

static uint64_t state;

static uint64_t rnd(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

#define FRAMES 64
#define TABLES 24

static uint64_t rare;  // large and global pages: one in so many

static uint64_t random_entry(void) {
    uint64_t e = rnd() % TABLES << FL_PAGE_SHIFT | FL_PTE_A;
    if (rnd() % 16) e |= FL_PTE_P;
    if (rnd() % 4) e |= FL_PTE_RW;
    if (rnd() % 8) e |= FL_PTE_US;
    if (rnd() % 8 == 0) e |= FL_PTE_NX;
    if (rnd() % rare == 0) e |= FL_PTE_PS;
    if (rnd() % rare == 0) e |= FL_PTE_G;
    if (rnd() % 64 == 0) e |= 1ull << (rnd() % 64);       // malformed now and then
    if (rnd() % 128 == 0) e = (e & ~FL_PTE_ADDR_MASK) | (rnd() & FL_PTE_ADDR_MASK);
    return e;
}

static fl_tlb_shape random_shape(int needed) {
    fl_tlb_shape s = {1u << rnd() % 5, 1u << rnd() % 5, rnd() % 2};
    if (!s.replacement) return s;
    if (rnd() % 16 == 0) s = (fl_tlb_shape){1, 65 + (uint32_t)(rnd() % 64), FL_REPLACE_LRU};
    else if (rnd() % 3 == 0) s.ways = 1 + (uint32_t)(rnd() % 7), s.replacement = FL_REPLACE_LRU;
    if (!needed && rnd() % 4 == 0) s.sets = 0;
    return s;
}

static uint64_t random_address(void) {
    uint64_t a = (rnd() % 3) << 39 | (rnd() % 3) << 30 | (rnd() % 3) << 21 | (rnd() % 4) << 12 | (rnd() & 4095);
    if (rnd() % 8 == 0) a |= 0xffff800000000000ull;
    if (rnd() % 64 == 0) a ^= 1ull << (47 + rnd() % 17);
    return a;
}

#define BATCH 80

static int check(const fl_cpu *cpu, const fl_ram *ram, const fl_translation *got, const fl_batch_access *access,
                 uint64_t seed, int step) {
    const uint64_t address = access->address;
    const fl_access_kind kind = (fl_access_kind)access->kind;
    const bool user = access->user;
    fl_walk want;
    fl_walk_tables(ram, &cpu->paging, cpu->cr3, address, kind, user, &want);
    const int same = got->status == want.status &&
                     (want.status != FL_WALK_OK || got->physical == want.physical) &&
                     (want.status != FL_WALK_PAGE_FAULT || got->error == want.error);
    if (!same)
        fprintf(stderr, "fuzz: seed %llu step %d: 0x%llx kind %d user %d: TLB says %u 0x%llx error %x, walk %u 0x%llx %x\n",
                (unsigned long long)seed, step, (unsigned long long)address, kind, user, got->status,
                (unsigned long long)got->physical, got->error, want.status, (unsigned long long)want.physical, want.error);
    return same;
}

// Whether a run of accesses can have it: one of a user to an address that is canonical.
static bool is_for_run(const fl_batch_access *a) {
    return a->user && fl_access_address(a->address & FL_ACCESS_ADDRESS) == a->address;
}

// Makes accesses in runs, and those that are not for runs one by one.
static void make_all(fl_cpu *cpu, const fl_batch_access *accesses, fl_translation *got, unsigned count) {
    uint64_t words[BATCH], results[BATCH];
    for (unsigned k = 0; k < count;) {
        unsigned end = k;
        for (; end < count && is_for_run(&accesses[end]); end++)
            words[end] = (accesses[end].address & FL_ACCESS_ADDRESS) |
                         (uint64_t)accesses[end].kind << FL_ACCESS_KIND_SHIFT;
        if (end == k) {
            const fl_access_kind kind = (fl_access_kind)accesses[k].kind;
            got[k] = accesses[k].user ? fl_cpu_translate(cpu, accesses[k].address, kind)
                                      : fl_cpu_translate_slow(cpu, accesses[k].address, kind, false);
            k++;
            continue;
        }
        fl_translation stop = {0};
        const unsigned made = (unsigned)fl_cpu_run(cpu, words + k, results + k, end - k, &stop);
        for (unsigned i = k; i < k + made; i++)
            got[i] = (fl_translation){.physical = results[i] & ((1ull << 52) - 1), .status = FL_WALK_OK};
        k += made;
        if (k < end) got[k++] = stop;
    }
}

static void flush(fl_cpu *cpu) {
    switch (rnd() % 3) {
    case 0: fl_cpu_invpcid(cpu, FL_INVPCID_ALL, 0, 0); break;
    case 1: fl_cpu_set_controls(cpu, &cpu->paging, cpu->pcide, !cpu->pge); break;
    default: fl_cpu_set_controls(cpu, &cpu->paging, cpu->pcide, !cpu->pge);
             fl_cpu_set_controls(cpu, &cpu->paging, cpu->pcide, !cpu->pge);
    }
}

static int run(uint64_t seed) {
    state = seed * 0x100000001b3ull;
    rare = rnd() % 2 ? 14 : 4096;
    fl_ram ram;
    if (fl_ram_create(&ram, FRAMES * FL_PAGE_SIZE) != FL_OK) return 0;
    for (uint64_t t = 0; t < TABLES; t++)
        for (unsigned i = 0; i < 512; i++)
            if (i < 4 || i > 508 || i == 256) fl_ram_table(&ram, t)[i] = random_entry();
    fl_tlb_geometry g = {.unified_l2 = rnd() % 2};
    for (unsigned i = 0; i < FL_TLB_ARRAYS; i++) g.shapes[i] = random_shape(i == FL_L1D_4K || i == FL_L1I_4K);
    // Every other CPU has the shapes for which there is a path of its own.
    static const unsigned usual[] = {FL_L1I_4K, FL_L1D_4K, FL_L2_4K, FL_PSC_PDE, FL_PSC_PDPTE};
    if (seed % 2)
        for (unsigned i = 0; i < 5; i++)
            g.shapes[usual[i]] = (fl_tlb_shape){(i < 2 ? 16u : 1u) << rnd() % 3, usual[i] == FL_L2_4K ? 8 : 4,
                                                FL_REPLACE_PLRU};
    fl_paging p = {.physical_bits = 52, .wp = rnd() % 2, .smep = rnd() % 2, .smap = rnd() % 2, .nxe = rnd() % 2,
                   .pke = rnd() % 4 == 0, .pkru = (uint32_t)rnd(), .gigabyte_pages = rnd() % 2, .ac = rnd() % 2};
    fl_cpu cpu;
    uint32_t failed;
    if (fl_cpu_create(&cpu, &ram, &g, &p, &failed) != FL_TLB_OK) {
        fprintf(stderr, "fuzz: seed %llu: a valid shape was refused (array %u)\n", (unsigned long long)seed, failed);
        return 0;
    }
    fl_cpu_set_controls(&cpu, &p, rnd() % 2, rnd() % 2);
    fl_cpu_load_cr3(&cpu, (rnd() % TABLES) << 12 | (cpu.pcide ? rnd() % 3 : 0));
    int good = 1;
    for (int step = 0; good && step < 400; step++) {
        // A run must answer as its accesses would one after the other.
        fl_batch_access batch[BATCH];
        fl_translation got[BATCH];
        const unsigned count = rnd() % 4 ? 1 : 1 + (unsigned)(rnd() % BATCH);
        for (unsigned k = 0; k < count; k++)
            batch[k] = (fl_batch_access){random_address(), (uint8_t)(rnd() % 3), rnd() % 2};
        make_all(&cpu, batch, got, count);
        for (unsigned k = 0; good && k < count; k++)
            good = check(&cpu, &ram, &got[k], &batch[k], seed, step);
        if (rnd() % 8 == 0) {
            fl_ram_table(&ram, rnd() % TABLES)[rnd() % 4] = random_entry();
            flush(&cpu);
        }
        if (rnd() % 32 == 0) {
            // Another root under the same PCID must flush it; globals of the old tables would stay, so they go too.
            fl_cpu_load_cr3(&cpu, (rnd() % TABLES) << 12 | (cpu.pcide ? rnd() % 3 : 0));
            fl_cpu_invpcid(&cpu, FL_INVPCID_ALL, 0, 0);
        }
    }
    fl_stale_use stale;
    (void)fl_cpu_find_stale(&cpu, &stale);
    fl_cpu_destroy(&cpu);
    fl_ram_destroy(&ram);
    return good;
}

int main(int argc, char **argv) {
    const long rounds = argc > 1 ? atol(argv[1]) : 100;
    const uint64_t first = argc > 2 ? strtoull(argv[2], 0, 0) : 1;
    for (long i = 0; i < rounds; i++) {
        const uint64_t seed = first + (uint64_t)i;
        if (run(seed) && fuzz_flush(seed) && fuzz_memory(seed) && fuzz_window(seed)) continue;
        fprintf(stderr, "fuzz: replay with: Tests/CFuzz/run.sh short, then .build-sanitised/fuzz 1 %llu\n",
                (unsigned long long)seed);
        return 1;
    }
    printf("fuzz: %ld rounds from seed %llu, no difference\n", rounds, (unsigned long long)first);
    return 0;
}
