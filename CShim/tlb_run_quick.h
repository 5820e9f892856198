// Runs of accesses on the path of tlb_quick.h, which is included before this one. The includer defines FL_QUICK(held) too:
// whether the first level or the second holds a page. Each access does what fl_cpu_translate does, in the same order.

#define FL_ALWAYS static inline __attribute__((always_inline))
// For what is rare: a call saves what it uses itself, so that the loop around it keeps its registers.
#if __has_attribute(preserve_most)
#define FL_APART __attribute__((noinline, preserve_most)) static
#else
#define FL_APART __attribute__((noinline)) static
#endif
// Keeps the compiler from using what it knows about a value.
#define FL_OPAQUE(x) __asm__ volatile("" : "+r"(x))

// What the accesses of a block were, besides walks that began where the block expects.
typedef struct FL_QUICK(tally) {
    uint64_t first;   // hits in the first level
    uint64_t second;  // hits in the second level
    uint64_t apart;   // other walks
} FL_QUICK(tally);

FL_ALWAYS uint64_t FL_QUICK(result)(uint64_t data, uint64_t address, uint64_t found, uint64_t mask) {
    return (data & mask) | (address & (FL_PAGE_SIZE - 1)) | found << FL_FOUND_SHIFT;
}

FL_ALWAYS fl_tlb_quick *FL_QUICK(quick_of)(fl_cpu *c, uint64_t access) {
    return (fl_tlb_quick *)(void *)((uint8_t *)c->quick + (access >> FL_ACCESS_KIND_SHIFT) * sizeof *c->quick);
}

// `usual`: a read, on a CPU whose memory has the form of fl_tlb_memory.
FL_ALWAYS fl_tlb_set *FL_QUICK(first_of)(fl_cpu *c, fl_tlb_memory *m, uint64_t access, const bool usual) {
    if (!usual) return fl_set_of(FL_QUICK(quick_of)(c, access), access);
    return (fl_tlb_set *)(void *)((uint8_t *)m->data + (access >> FL_SET_SHIFT & sizeof m->data - sizeof *m->data));
}

FL_ALWAYS uint64_t *FL_QUICK(second_of)(const fl_cpu *c, fl_tlb_memory *m, uint64_t a, const bool usual) {
    if (!usual) return FL_QUICK(place)(c, a).entries;
    return (uint64_t *)(void *)((uint8_t *)m->second + (a >> FL_SET_SHIFT & sizeof m->second - sizeof *m->second));
}

FL_ALWAYS uint8_t *FL_QUICK(tree_of)(const fl_cpu *c, fl_tlb_memory *m, uint64_t a, const bool usual) {
    return usual ? &m->second_trees[a >> 12 & 2047] : &c->arrays[FL_L2_4K].trees[a >> 12 & c->arrays[FL_L2_4K].set_mask];
}

FL_ALWAYS void FL_QUICK(fill_both)(fl_tlb_memory *m, fl_tlb_set *first, uint64_t *second, uint8_t *tree, uint64_t a,
                                   uint64_t data) {
    const uint64_t state = *tree, victim = m->plru8[state].victim;
    second[victim] = a >> 12 | m->view.tag_bits;
    second[8 + victim] = data;
    *tree = m->plru8[state].next;
    const uint64_t state4 = first->tree, victim4 = m->plru4[state4].victim;
    first->pages[victim4] = (uint32_t)(a >> 16);
    first->contexts[victim4] = m->view.contexts[0];
    first->data[victim4] = data;
    first->tree = m->plru4[state4].next;
}

// An access that the second level holds.
FL_ALWAYS bool FL_QUICK(use_second)(fl_cpu *c, uint64_t access, fl_tlb_set *first, uint64_t *second, uint8_t *tree,
                                    unsigned held, uint64_t *result) {
    fl_tlb_quick *q = FL_QUICK(quick_of)(c, access);
    const uint64_t a = access & FL_ACCESS_ADDRESS, way = (uint64_t)__builtin_ctz(held), data = second[8 + way];
    if (__builtin_expect((data & q->denied) != 0, 0)) return false;
    *tree = FL_QUICK(touched8)(*tree, (unsigned)way);
    FL_QUICK(fill_first)(c, first, a, data);
    q->second++;
    *result = FL_QUICK(result)(data, a, FL_FOUND_SECOND, FL_PTE_ADDR_MASK);
    return true;
}

// An access that a TLB holds, among many that none does.
FL_APART bool FL_QUICK(use_held)(fl_cpu *c, uint64_t access, uint64_t *result, FL_QUICK(tally) *tally) {
    fl_tlb_quick *q = FL_QUICK(quick_of)(c, access);
    const uint64_t a = access & FL_ACCESS_ADDRESS;
    fl_tlb_set *first = fl_set_of(q, a);
    const unsigned match = fl_set_match(c, first, a);
    if (!match) {
        const FL_QUICK(second_place) place = FL_QUICK(place)(c, a);
        const unsigned held = match8(place.entries, place.tag);
        tally->second++;
        return FL_QUICK(use_second)(c, access, first, place.entries, &place.array->trees[place.set], held, result);
    }
    const uint64_t way = (uint64_t)__builtin_ctz(match), data = first->data[way];
    if (data & q->denied) return false;
    first->tree = fl_plru4_touched(first->tree, way);
    first->hits[q - c->quick]++;
    tally->first++;
    *result = FL_QUICK(result)(data, a, FL_FOUND_FIRST, FL_PTE_ADDR_MASK);
    return true;
}

// An access that no TLB holds, by a search of the cache of page directory entries, or of the page directory.
FL_ALWAYS bool FL_QUICK(search)(fl_cpu *c, fl_tlb_memory *m, uint64_t access, uint64_t *result, FL_QUICK(tally) *tally,
                                const bool usual) {
    fl_tlb_quick *q = usual ? &c->quick[FL_READ] : FL_QUICK(quick_of)(c, access);
    const uint64_t a = access & FL_ACCESS_ADDRESS, mask = FL_PTE_ADDR_MASK;
    const uint64_t set = a >> 21 & m->view.pde_mask, top = a >> 21 | m->view.psc_bits;
    uint64_t *entries = m->view.pde + set * 8, table;
    unsigned known = match4(entries, top);
    FL_OPAQUE(known);
    if (__builtin_expect(known != 0, 1)) {
        const uint64_t way = (uint64_t)__builtin_ctz(known);
        table = entries[4 + way];
        m->view.pde_trees[set] = m->touched4[m->view.pde_trees[set] | way];
    } else {
        uint64_t directory;
        if (!FL_QUICK(known_directory)(c, a, &directory)) return false;
        if (!FL_QUICK(table_of)(c, FL_QUICK(read_entry)(c, directory, a, 21), directory, &table)) return false;
    }
    const uint64_t data = fl_walk_data(FL_QUICK(read_entry)(c, table, a, 12), table);
    if (__builtin_expect((data & q->walk_denied) != 0, 0)) return false;
    if (!known) FL_QUICK(fill_structure)(&c->arrays[FL_PSC_PDE], a >> 21, top, table);
    FL_QUICK(fill_both)(m, FL_QUICK(first_of)(c, m, access, usual), FL_QUICK(second_of)(c, m, a, usual),
                        FL_QUICK(tree_of)(c, m, a, usual), a, data);
    q->walks[known ? 0 : 1]++;
    tally->apart++;
    *result = FL_QUICK(result)(data, a, known ? FL_FOUND_WALK : FL_FOUND_WALK + 1, mask);
    return true;
}

FL_APART bool FL_QUICK(search_apart)(fl_cpu *c, uint64_t access, uint64_t *result, FL_QUICK(tally) *tally) {
    return FL_QUICK(search)(c, fl_memory_of(c), access, result, tally, false);
}

#include "tlb_run_loops.h"
