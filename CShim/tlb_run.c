// Accesses one after the other, and the hint about those to come.
#include "tlb_internal.h"

// What tells where an access was answered, for one kind.
typedef struct progress {
    uint64_t second;  // hits in the second level
    uint64_t loads;   // entries read by walks
} progress;

static progress now(const fl_cpu *c, fl_access_kind kind) {
    const fl_tlb_quick *q = &c->quick[kind];
    progress p = {q->second + c->counters.l2_hits[kind], q->refusals};
    for (unsigned i = 0; i < 4; i++) p.loads += c->counters.walk_loads[i + 1] + q->walks[i] * (i + 1);
    return p;
}

static uint64_t found(progress before, progress after) {
    if (after.loads != before.loads) return FL_FOUND_WALK - 1 + after.loads - before.loads;
    return after.second != before.second ? FL_FOUND_SECOND : FL_FOUND_FIRST;
}

uint64_t fl_cpu_run(fl_cpu *c, const uint64_t *accesses, uint64_t *results, uint64_t count, fl_translation *stop) {
    for (uint64_t i = 0; i < count; i++) {
        const fl_access_kind kind = fl_access_kind_of(accesses[i]);
        const progress before = now(c, kind);
        const fl_translation t = fl_cpu_translate(c, fl_access_address(accesses[i]), kind);
        if (t.status != FL_WALK_OK) {
            *stop = t;
            return i;
        }
        if (results) results[i] = t.physical | found(before, now(c, kind)) << FL_FOUND_SHIFT;
    }
    return count;
}

// The data of an array that hold for the address; false where it has none.
static bool look(const fl_cpu *c, unsigned id, uint64_t address, uint64_t context, uint64_t *data) {
    const fl_tlb_array *a = &c->arrays[id];
    if (!a->entries) return false;
    const uint64_t page = fl_array_page(a, address), set = page & a->set_mask;
    const uint32_t way = fl_array_find(a, set, page | context);
    if (way == a->ways) return false;
    *data = fl_array_data(a, set)[way];
    return true;
}

void fl_cpu_expect(const fl_cpu *c, uint64_t address) {
    const fl_tlb_array *second = &c->arrays[FL_L2_4K];
    if (second->entries) {
        const uint8_t *set = (const uint8_t *)fl_array_tags(second, fl_array_page(second, address) & second->set_mask);
        __builtin_prefetch(set);
        __builtin_prefetch(set + second->ways * 8);
    }
    uint64_t table;
    if (!look(c, FL_PSC_PDE, address, c->psc_bits, &table)) {
        if (!look(c, FL_PSC_PDPTE, address, c->psc_bits, &table)) return;
        const uint64_t *entries = (const uint64_t *)(const void *)(c->ram.base + (table & FL_PTE_ADDR_MASK));
        table = entries[address >> 21 & 511];
    }
    if ((table & FL_PTE_ADDR_MASK) < c->ram.bytes)
        __builtin_prefetch(c->ram.base + (table & FL_PTE_ADDR_MASK) + (address >> 9 & 511 << 3));
}
