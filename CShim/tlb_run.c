// Accesses one after the other, and the hint about those to come.
#include "tlb_memory.h"

// What tells where an access was answered, for one kind.
typedef struct progress {
    uint64_t second;  // hits in the second level
    uint64_t loads;   // entries read by walks
} progress;

static progress now(const fl_cpu *c, fl_access_kind kind) {
    const fl_tlb_quick *q = &c->quick[kind];
    progress p = {q->second + c->counters.l2_hits[kind], 0};
    for (unsigned i = 0; i < 4; i++) p.loads += c->counters.walk_loads[i + 1] + q->walks[i] * (i + 1);
    return p;
}

static uint64_t found(progress before, progress after) {
    if (after.loads != before.loads) return FL_FOUND_WALK - 1 + after.loads - before.loads;
    return after.second != before.second ? FL_FOUND_SECOND : FL_FOUND_FIRST;
}

// One access the ordinary way.
static bool make(fl_cpu *c, uint64_t access, uint64_t *result, fl_translation *stop) {
    const fl_access_kind kind = fl_access_kind_of(access);
    const progress before = now(c, kind);
    const fl_translation t = fl_cpu_translate(c, fl_access_address(access), kind);
    if (t.status != FL_WALK_OK) {
        *stop = t;
        return false;
    }
    if (result) *result = t.physical | found(before, now(c, kind)) << FL_FOUND_SHIFT;
    return true;
}

static void begin(const fl_cpu *c) {
    fl_run_view *v = &fl_memory_of(c)->view;
    for (unsigned i = 0; i < 4; i++) v->contexts[i] = c->contexts[i];
    v->tag_bits = c->tag_bits;
    v->psc_bits = c->psc_bits;
    v->read_denied = c->quick[FL_READ].walk_denied;
    v->pde = c->arrays[FL_PSC_PDE].entries;
    v->pde_trees = c->arrays[FL_PSC_PDE].trees;
    v->pde_mask = c->arrays[FL_PSC_PDE].set_mask;
    v->ram = c->ram.base;
    // Tables may have changed with each flush.
    if (v->directories_of == c->psc_bits) return;
    v->directories_of = c->psc_bits;
    for (unsigned i = 0; i < FL_DIRECTORIES; i++) v->tops[i] = ~0ull;
}

uint64_t fl_cpu_run(fl_cpu *c, const uint64_t *accesses, uint64_t *results, uint64_t count, fl_translation *stop) {
    uint64_t done = 0;
    begin(c);
    while (done < count) {
        // An access may make the CPU leave the quick path.
        uint64_t *into = results ? results + done : 0;
        uint64_t made = 0;
        if (c->miss == fl_cpu_small_miss_avx2) made = fl_cpu_run_avx2(c, accesses + done, into, count - done);
        else if (c->miss == fl_cpu_small_miss_any) made = fl_cpu_run_any(c, accesses + done, into, count - done);
        done += made;
        if (done == count || !make(c, accesses[done], into ? into + made : 0, stop)) break;
        done++;
    }
    return done;
}

void fl_run_find_directory(const fl_cpu *c, uint64_t access) {
    uint64_t table = c->cr3 & FL_PTE_ADDR_MASK;
    for (unsigned shift = 39; shift >= 30; shift -= 9) {
        if (table >= c->ram.bytes) return;
        const uint64_t entry = *(const uint64_t *)(const void *)(c->ram.base + table + (access >> shift & 511) * 8);
        if (!(entry & FL_PTE_P) || entry & FL_PTE_PS) return;
        table = entry & FL_PTE_ADDR_MASK;
    }
    if (table >= c->ram.bytes) return;
    fl_run_view *v = &fl_memory_of(c)->view;
    const uint64_t top = access << 2 >> 32;
    v->tops[top % FL_DIRECTORIES] = top;
    v->directories[top % FL_DIRECTORIES] = c->ram.base + table;
}

void fl_cpu_expect(const fl_cpu *c, uint64_t address) {
    const fl_run_view *v = &fl_memory_of(c)->view;
    if (__builtin_expect(v->directories_of != c->psc_bits, 0)) begin(c);
    const uint64_t top = address << 2 >> 32, slot = top % FL_DIRECTORIES;
    if (__builtin_expect(v->tops[slot] != top, 0)) {
        fl_run_find_directory(c, address);
        return;
    }
    const uint64_t *entry = (const uint64_t *)(const void *)(v->directories[slot] + (address >> 18 & 511 << 3));
    __builtin_prefetch((const void *)((uintptr_t)c->ram.base + (*entry & FL_PTE_ADDR_MASK) + (address >> 9 & 511 << 3)));
}
