// Stale entries and what ends them. Entries of random tables change without a flush; then
//
// - an answer that the tables no longer give must have been reported, where uses are checked;
// - a fault that the tables do not ask for does not come twice (where uses are checked: not the quick path);
// - after an instruction that invalidates, what lies in its scope must be answered as the tables say.
#include <stdio.h>
#include <string.h>

#include "pte.h"
#include "tlb.h"

int fuzz_flush(uint64_t seed);

static uint64_t state;

static uint64_t rnd(void) {
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}

#define FRAMES 64
#define TABLES 16

static uint64_t random_entry(void) {
    uint64_t e = rnd() % TABLES << FL_PAGE_SHIFT | FL_PTE_A;
    if (rnd() % 16) e |= FL_PTE_P;
    if (rnd() % 4) e |= FL_PTE_RW;
    if (rnd() % 4) e |= FL_PTE_US;
    if (rnd() % 8 == 0) e |= FL_PTE_NX;
    if (rnd() % 2) e |= FL_PTE_D;
    if (rnd() % 4 == 0) e |= FL_PTE_G;
    // A large page of either size, with nothing reserved set.
    if (rnd() % 8 == 0) e = (e & ~FL_PTE_ADDR_MASK) | FL_PTE_PS | rnd() % 4 << 30;
    if (rnd() % 4 == 0) e |= rnd() & FL_PTE_KEY_MASK;
    if (rnd() % 64 == 0) e |= 1ull << (rnd() % 64);
    return e;
}

static uint64_t random_address(void) {
    uint64_t a = (rnd() % 2) << 39 | (rnd() % 2) << 30 | (rnd() % 3) << 21 | (rnd() % 3) << 12 | (rnd() & 4095);
    return rnd() % 8 == 0 ? a | 0xffff800000000000ull : a;
}

static fl_batch_access random_access(void) {
    return (fl_batch_access){random_address(), (uint8_t)(rnd() % 3), rnd() % 2};
}

// What the tables say, and nothing is marked.
static fl_walk truth(const fl_cpu *cpu, const fl_batch_access *a) {
    const fl_walk_start top = {cpu->cr3 & FL_PTE_ADDR_MASK, FL_RIGHTS_ALL, 4};
    fl_walk w = {0};
    fl_walk_from(&cpu->ram, &cpu->paging, top, a->address, (fl_access_kind)a->kind, a->user, false, &w);
    return w;
}

static int is_true(const fl_cpu *cpu, const fl_batch_access *a, const fl_translation *got) {
    const fl_walk want = truth(cpu, a);
    return got->status == want.status && (want.status != FL_WALK_OK || got->physical == want.physical) &&
           (want.status != FL_WALK_PAGE_FAULT || got->error == want.error);
}

static fl_translation access_one(fl_cpu *cpu, const fl_batch_access *a) {
    return a->user && rnd() % 2 ? fl_cpu_translate(cpu, a->address, (fl_access_kind)a->kind)
                                : fl_cpu_translate_slow(cpu, a->address, (fl_access_kind)a->kind, a->user);
}

// An access whose answer, if it is not what the tables say, must have been reported.
static int checked_access(fl_cpu *cpu, const char **what) {
    const fl_batch_access a = random_access();
    const uint64_t before = cpu->counters.stale_uses;
    const fl_translation got = access_one(cpu, &a);
    if (!cpu->checks || is_true(cpu, &a, &got)) return 1;
    *what = "an access (a stale use was not reported)";
    if (got.status == FL_WALK_OK) return cpu->counters.stale_uses != before;
    *what = "an access (a fault that the tables do not ask for came again)";
    const fl_translation again = fl_cpu_translate_slow(cpu, a.address, (fl_access_kind)a.kind, a.user);
    return again.status == FL_WALK_OK || is_true(cpu, &a, &again);
}

// Walks of a batch must be those of one access after the other, marks included.
static int batched_walks(const fl_cpu *cpu, const char **what) {
    enum { COUNT = 70 };
    static uint8_t before[TABLES * FL_PAGE_SIZE], after[TABLES * FL_PAGE_SIZE];
    fl_batch_access accesses[COUNT];
    fl_walk batch[COUNT] = {0}, single[COUNT] = {0};
    const uint64_t count = rnd() % (COUNT + 1);
    for (uint64_t i = 0; i < count; i++) {
        accesses[i] = random_access();
        if (rnd() % 32 == 0) accesses[i].address ^= 1ull << 50;
    }
    memcpy(before, cpu->ram.base, sizeof before);
    fl_walk_batch(&cpu->ram, &cpu->paging, cpu->cr3, accesses, batch, count);
    memcpy(after, cpu->ram.base, sizeof after);
    memcpy(cpu->ram.base, before, sizeof before);
    for (uint64_t i = 0; i < count; i++)
        fl_walk_tables(&cpu->ram, &cpu->paging, cpu->cr3, accesses[i].address, (fl_access_kind)accesses[i].kind,
                       accesses[i].user, &single[i]);
    *what = "a batch of walks";
    return memcmp(batch, single, sizeof batch) == 0 && memcmp(after, cpu->ram.base, sizeof after) == 0;
}

// An instruction that invalidates. Returns whether `a` lies in its scope: the page, or everything that is not global.
static int invalidate(fl_cpu *cpu, const fl_batch_access *a, const char **what) {
    const uint64_t pcid = cpu->pcid;
    switch (rnd() % 7) {
    case 0: *what = "INVLPG"; fl_cpu_invlpg(cpu, a->address); return 1;
    case 1: *what = "INVPCID 0"; return fl_cpu_invpcid(cpu, FL_INVPCID_ADDRESS, pcid, a->address) && !cpu->pge;
    case 2: *what = "INVPCID 1"; return fl_cpu_invpcid(cpu, FL_INVPCID_CONTEXT, pcid, 0) && !cpu->pge;
    case 3: *what = "INVPCID 2"; return fl_cpu_invpcid(cpu, FL_INVPCID_ALL, 0, 0);
    case 4: *what = "INVPCID 3"; return fl_cpu_invpcid(cpu, FL_INVPCID_NON_GLOBAL, 0, 0) && !cpu->pge;
    case 5:
        *what = "MOV to CR3";
        return fl_cpu_load_cr3(cpu, (rnd() % TABLES) << 12 | (cpu->pcide ? rnd() % 3 : 0)) && !cpu->pge;
    default: *what = "CR4.PGE"; return fl_cpu_set_controls(cpu, &cpu->paging, cpu->pcide, !cpu->pge);
    }
}

static int invalidated_access(fl_cpu *cpu, const char **what) {
    const fl_batch_access a = random_access();
    if (!invalidate(cpu, &a, what)) return 1;
    const fl_translation got = access_one(cpu, &a);
    return is_true(cpu, &a, &got);
}

static fl_tlb_shape random_shape(void) {
    fl_tlb_shape s = {1u << rnd() % 5, 1u << rnd() % 4, rnd() % 2};
    if (s.replacement == FL_REPLACE_LRU) s.ways = rnd() % 16 ? 1 + (uint32_t)(rnd() % 7) : 65 + (uint32_t)(rnd() % 64);
    return s;
}

static int make_cpu(fl_cpu *cpu, const fl_ram *ram, uint64_t seed) {
    fl_tlb_geometry g = {.unified_l2 = rnd() % 2};
    for (unsigned i = 0; i < FL_TLB_ARRAYS; i++) g.shapes[i] = random_shape();
    // Every other CPU has shapes for which there is a path of its own.
    static const unsigned usual[] = {FL_L1I_4K, FL_L1D_4K, FL_L2_4K, FL_PSC_PDE, FL_PSC_PDPTE};
    for (unsigned i = 0; seed % 2 && i < 5; i++)
        g.shapes[usual[i]] = (fl_tlb_shape){16, usual[i] == FL_L2_4K ? 8 : 4, FL_REPLACE_PLRU};
    static const uint8_t widths[] = {32, 36, 46, 48, 52};
    const fl_paging p = {.physical_bits = widths[rnd() % 5], .wp = rnd() % 2, .smep = rnd() % 2, .smap = rnd() % 2,
                         .nxe = rnd() % 4 != 0, .pke = rnd() % 2, .pkru = (uint32_t)rnd(),
                         .gigabyte_pages = rnd() % 4 != 0, .ac = rnd() % 2, .reserves_global_in_pml4 = rnd() % 2};
    uint32_t failed;
    if (fl_cpu_create(cpu, ram, &g, &p, &failed) != FL_TLB_OK) return 0;
    return fl_cpu_set_controls(cpu, &p, rnd() % 2, rnd() % 2) &&
           fl_cpu_load_cr3(cpu, (rnd() % TABLES) << 12 | (cpu->pcide ? rnd() % 3 : 0));
}

int fuzz_flush(uint64_t seed) {
    state = seed * 0x100000001b3ull + 1;
    fl_ram ram;
    fl_cpu cpu;
    if (fl_ram_create(&ram, FRAMES * FL_PAGE_SIZE) != FL_OK) return 0;
    for (uint64_t t = 0; t < TABLES; t++)
        for (unsigned i = 0; i < 512; i++)
            if (i < 4 || i == 256) fl_ram_table(&ram, t)[i] = random_entry();
    const char *what = "a valid shape was refused";
    int good = make_cpu(&cpu, &ram, seed), step = 0;
    const int made = good;
    for (; good && step < 400; step++) {
        good = checked_access(&cpu, &what);
        if (good && rnd() % 8 == 0) fl_ram_table(&ram, rnd() % TABLES)[rnd() % 4] = random_entry();
        if (good && rnd() % 8 == 0) good = invalidated_access(&cpu, &what);
        if (good && rnd() % 32 == 0) good = batched_walks(&cpu, &what);
        if (good && rnd() % 64 == 0) fl_cpu_check_uses(&cpu, rnd() % 4 != 0);
        if (good && cpu.pcide && rnd() % 32 == 0) fl_cpu_load_cr3(&cpu, cpu.cr3 / 8 * 8 | rnd() % 3 | 1ull << 63);
    }
    if (!good) fprintf(stderr, "fuzz: seed %llu step %d: wrong after %s\n", (unsigned long long)seed, step, what);
    fl_stale_use stale;
    if (made) (void)fl_cpu_find_stale(&cpu, &stale);
    if (made) fl_cpu_destroy(&cpu);
    fl_ram_destroy(&ram);
    return good;
}
