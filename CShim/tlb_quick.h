// The path that a machine of 4 KiB pages takes all day: arrays of 4, 8 and 4 ways with tree PLRU, no global pages. Compiled
// once for any processor and once for those with AVX2, by way of FL_QUICK(name), `match4` and `match8` of the includer.
// Straight-line code of few instructions: an out-of-order host then has several simulated misses under way.

static inline void FL_QUICK(insert4)(uint64_t *entries, uint8_t *trees, uint64_t set, uint64_t tag, uint64_t data) {
    const uint8_t tree = trees[set];
    const fl_plru_step step = fl_plru4[tree >> 2];
    uint64_t *at = entries + set * 8 + step.victim;
    at[0] = tag;
    at[4] = data;
    trees[set] = tree ^ step.change;
}

static inline void FL_QUICK(insert8)(const fl_tlb_array *a, uint64_t set, uint64_t tag, uint64_t data) {
    const uint8_t tree = a->trees[set];
    const fl_plru_step step = fl_plru8[tree];
    uint64_t *at = a->entries + set * 16 + step.victim;
    at[0] = tag;
    at[8] = data;
    a->trees[set] = tree ^ step.change;
}

static inline uint8_t FL_QUICK(touched8)(uint8_t tree, unsigned way) {
    static const uint8_t keep[8] = {116, 116, 108, 108, 90, 90, 58, 58};
    static const uint8_t put[8] = {11, 3, 17, 1, 36, 4, 64, 0};
    return (tree & keep[way]) | put[way];
}

// Precondition: the table lies in RAM, as all those in the paging-structure caches do.
static inline uint64_t FL_QUICK(read_entry)(const fl_cpu *c, uint64_t table, uint64_t index) {
    return ((const uint64_t *)(const void *)(c->ram.base + (table & FL_PTE_ADDR_MASK)))[index & 511];
}

__attribute__((noinline)) static fl_translation FL_QUICK(second_level_hit)(fl_cpu *c, uint64_t address, fl_tlb_quick *q) {
    const fl_tlb_array *l2 = &c->arrays[FL_L2_4K];
    const uint64_t page = address >> 12, set = page & l2->set_mask;
    const unsigned way = (unsigned)__builtin_ctz(match8(l2->entries + set * 16, page | c->tag_bits));
    const uint64_t data = l2->entries[set * 16 + 8 + way];
    if ((data & q->hit_mask) != q->hit_value) FL_TAIL return fl_cpu_general_miss(c, address, q);
    l2->trees[set] = FL_QUICK(touched8)(l2->trees[set], way);
    FL_QUICK(insert4)(q->entries, q->trees, page & q->set_mask, page | c->tag_bits, data);
    q->second++;
    return (fl_translation){(data & FL_PTE_ADDR_MASK) | (address & 4095), 0, FL_WALK_OK};
}

// No page table is known: finds it by way of the PDPTE cache and one entry of a page directory.
__attribute__((noinline)) static fl_translation FL_QUICK(walk_of_two)(fl_cpu *c, uint64_t address, fl_tlb_quick *q) {
    const fl_tlb_array *pdpte = &c->arrays[FL_PSC_PDPTE], *pde = &c->arrays[FL_PSC_PDE];
    const uint64_t page = address >> 12, top = address >> 30, top_set = top & pdpte->set_mask;
    const unsigned known = match4(pdpte->entries + top_set * 8, top | c->psc_bits);
    if (!known) FL_TAIL return fl_cpu_general_miss(c, address, q);
    const unsigned way = (unsigned)__builtin_ctz(known);
    const uint64_t above = pdpte->entries[top_set * 8 + 4 + way];
    const uint64_t middle = FL_QUICK(read_entry)(c, above, address >> 21);
    const uint64_t reserved = c->quick[FL_READ].walk_mask & ~FL_PTE_G;
    if ((middle & (reserved | FL_PTE_PS)) != (FL_PTE_P | FL_PTE_US | FL_PTE_A) ||
        (middle & FL_PTE_ADDR_MASK) >= c->ram.bytes)
        FL_TAIL return fl_cpu_general_miss(c, address, q);
    const uint64_t rights = fl_narrowed(above & ~FL_PTE_ADDR_MASK, middle);
    const uint64_t entry = FL_QUICK(read_entry)(c, middle, page);
    const uint64_t data = fl_narrowed(entry, rights);
    if ((data & q->walk_mask) != q->walk_value) FL_TAIL return fl_cpu_general_miss(c, address, q);
    pdpte->trees[top_set] = fl_plru4_touched(pdpte->trees[top_set], way);
    FL_QUICK(insert4)(pde->entries, pde->trees, address >> 21 & pde->set_mask, address >> 21 | c->psc_bits,
                      (middle & FL_PTE_ADDR_MASK) | rights);
    FL_QUICK(insert8)(&c->arrays[FL_L2_4K], page & c->arrays[FL_L2_4K].set_mask, page | c->tag_bits, data);
    FL_QUICK(insert4)(q->entries, q->trees, page & q->set_mask, page | c->tag_bits, data);
    q->walks[1]++;
    return (fl_translation){(data & FL_PTE_ADDR_MASK) | (address & 4095), 0, FL_WALK_OK};
}

// A page that is not present: the fault does not depend on any right.
__attribute__((noinline)) static fl_translation FL_QUICK(absent)(fl_cpu *c, uint64_t address, fl_tlb_quick *q) {
    (void)c, (void)address;
    q->absences++;
    return (fl_translation){0, q->absent, FL_WALK_PAGE_FAULT};
}

// Precondition: no TLB holds the page.
static inline __attribute__((always_inline)) fl_translation FL_QUICK(walk)(fl_cpu *c, uint64_t address, fl_tlb_quick *q) {
    const fl_tlb_array *l2 = &c->arrays[FL_L2_4K], *pde = &c->arrays[FL_PSC_PDE];
    const uint64_t page = address >> 12, tag = page | c->tag_bits, set = page >> 9 & pde->set_mask;
    const unsigned known = match4(pde->entries + set * 8, page >> 9 | c->psc_bits);
    if (__builtin_expect(!known, 0)) FL_TAIL return FL_QUICK(walk_of_two)(c, address, q);
    const unsigned way = (unsigned)__builtin_ctz(known);
    const uint64_t table = pde->entries[set * 8 + 4 + way];
    const uint64_t entry = FL_QUICK(read_entry)(c, table, page);
    const uint64_t data = fl_narrowed(entry, table);
    if (__builtin_expect((data & q->walk_mask) != q->walk_value, 0)) {
        if (entry & FL_PTE_P) FL_TAIL return fl_cpu_general_miss(c, address, q);
        pde->trees[set] = fl_plru4_touched(pde->trees[set], way);
        FL_TAIL return FL_QUICK(absent)(c, address, q);
    }
    pde->trees[set] = fl_plru4_touched(pde->trees[set], way);
    FL_QUICK(insert8)(l2, page & l2->set_mask, tag, data);
    FL_QUICK(insert4)(q->entries, q->trees, page & q->set_mask, tag, data);
    q->walks[0]++;
    return (fl_translation){(data & FL_PTE_ADDR_MASK) | (address & 4095), 0, FL_WALK_OK};
}

fl_translation FL_QUICK(fl_cpu_small_miss)(fl_cpu *c, uint64_t address, fl_tlb_quick *q) {
    const fl_tlb_array *l2 = &c->arrays[FL_L2_4K];
    const uint64_t page = address >> 12;
    const unsigned second = match8(l2->entries + (page & l2->set_mask) * 16, page | c->tag_bits);
    if (second) FL_TAIL return FL_QUICK(second_level_hit)(c, address, q);
    return FL_QUICK(walk)(c, address, q);
}

fl_translation FL_QUICK(fl_cpu_small_walk)(fl_cpu *c, uint64_t address, fl_tlb_quick *q) {
    return FL_QUICK(walk)(c, address, q);
}

// Has the memory under way that a translation will read: the set of the second level, and the entry of the page table.
static inline void FL_QUICK(prefetch)(const fl_cpu *c, uint64_t address) {
    const fl_tlb_array *l2 = &c->arrays[FL_L2_4K], *pde = &c->arrays[FL_PSC_PDE], *pdpte = &c->arrays[FL_PSC_PDPTE];
    const uint64_t page = address >> 12, set = page >> 9 & pde->set_mask;
    const uint64_t *second = l2->entries + (page & l2->set_mask) * 16;
    __builtin_prefetch(second);
    __builtin_prefetch(second + 8);
    uint64_t table;
    const unsigned known = match4(pde->entries + set * 8, page >> 9 | c->psc_bits);
    if (known) {
        table = pde->entries[set * 8 + 4 + (unsigned)__builtin_ctz(known)];
    } else {
        // A page directory spans a GiB: its entries are few enough to be near.
        const uint64_t top_set = page >> 18 & pdpte->set_mask;
        const unsigned top = match4(pdpte->entries + top_set * 8, page >> 18 | c->psc_bits);
        if (!top) return;
        table = FL_QUICK(read_entry)(c, pdpte->entries[top_set * 8 + 4 + (unsigned)__builtin_ctz(top)], page >> 9);
        if ((table & FL_PTE_ADDR_MASK) >= c->ram.bytes) return;
    }
    __builtin_prefetch(c->ram.base + (table & FL_PTE_ADDR_MASK) + (page & 511) * 8);
}

// How far ahead: what a host core keeps under way.
#define FL_AHEAD 16

void FL_QUICK(fl_cpu_batch)(fl_cpu *c, const fl_batch_access *accesses, fl_translation *results, uint64_t count) {
    for (uint64_t i = 0; i < FL_AHEAD && i < count; i++) FL_QUICK(prefetch)(c, accesses[i].address);
    for (uint64_t i = 0; i < count; i++) {
        if (i + FL_AHEAD < count) FL_QUICK(prefetch)(c, accesses[i + FL_AHEAD].address);
        const fl_batch_access *a = &accesses[i];
        results[i] = a->user ? fl_cpu_translate(c, a->address, (fl_access_kind)a->kind)
                             : fl_cpu_translate_slow(c, a->address, (fl_access_kind)a->kind, false);
    }
}
