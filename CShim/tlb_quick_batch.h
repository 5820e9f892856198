// Many accesses at once on the path of tlb_quick.h, which is included before this one.

// Has the memory under way that an access will read whose page directory entry is not cached.
__attribute__((noinline)) static void FL_QUICK(prefetch_below)(const fl_cpu *c, uint64_t address) {
    const fl_tlb_array *pdpte = &c->arrays[FL_PSC_PDPTE];
    const uint64_t top = address >> 30, *tops = pdpte->entries + (top & pdpte->set_mask) * 8;
    const unsigned above = match4(tops, top | c->psc_bits);
    if (!above) return;
    // A page directory spans a GiB: its entries are few enough to be near.
    const uint64_t table = FL_QUICK(read_entry)(c, tops[4 + (unsigned)__builtin_ctz(above)], address, 21);
    if ((table & FL_PTE_ADDR_MASK) < c->ram.bytes)
        __builtin_prefetch(c->ram.base + (table & FL_PTE_ADDR_MASK) + (address >> 9 & 511 << 3));
}

// Has the memory under way that the accesses will read: sets of the second level, and entries of page tables. `slots` tells
// where the cache of page directory entries has theirs, or had it: 8 times the set, and the way. Only looks.
__attribute__((noinline)) static void FL_QUICK(look_ahead)(const fl_cpu *c, const fl_batch_access *accesses,
                                                           uint32_t *slots, uint64_t count) {
    const fl_tlb_array *pde = &c->arrays[FL_PSC_PDE], *l2 = &c->arrays[FL_L2_4K];
    const uint64_t *const all = pde->entries, *const second = l2->entries;
    const uint64_t mask = (uint64_t)pde->set_mask << 6, second_mask = (uint64_t)l2->set_mask << 7, bits = c->psc_bits;
    const uint8_t *const base = c->ram.base;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t address = accesses[i].address, at = address >> 15 & mask;
        const uint64_t *entries = (const uint64_t *)(const void *)((const uint8_t *)all + at);
        const uint8_t *place = (const uint8_t *)second + (address >> 5 & second_mask);
        __builtin_prefetch(place);
        __builtin_prefetch(place + 64);
        unsigned known = match4(entries, address >> 21 | bits);
        __asm__("" : "+r"(known));
        slots[i] = (uint32_t)(at >> 3);
        if (__builtin_expect(!known, 0)) {
            FL_QUICK(prefetch_below)(c, address);
            continue;
        }
        const uint64_t way = (uint64_t)__builtin_ctz(known), table = entries[4 + way];
        slots[i] += (uint32_t)way;
        __builtin_prefetch(base + (table & FL_PTE_ADDR_MASK) + (address >> 9 & 511 << 3));
    }
}

// Makes accesses of a batch until one is not of the user to the lower half, hits the second level, or needs a walk of more
// than two entries; how many.
__attribute__((noinline)) static uint64_t FL_QUICK(turns)(fl_cpu *c, const fl_batch_access *accesses,
                                                          const uint32_t *slots, fl_translation *results,
                                                          uint64_t count) {
    const uint64_t *const entries = c->arrays[FL_PSC_PDE].entries;
    uint64_t i = 0;
    for (; i < count; i++) {
        const uint64_t address = accesses[i].address;
        fl_tlb_quick *q = &c->quick[accesses[i].kind];
        if (!accesses[i].user || address >= q->end) break;
        fl_tlb_set *first = fl_set_of(q, address);
        unsigned match = fl_set_match(c, first, address);
        __asm__("" : "+r"(match));
        if (match) {
            const uint64_t way = (uint64_t)__builtin_ctz(match), data = first->data[way];
            if (data & q->denied) break;
            first->tree = fl_plru4_touched(first->tree, way);
            first->hits[accesses[i].kind]++;
            results[i] = fl_translated(data, address);
            continue;
        }
        const FL_QUICK(second_place) second = FL_QUICK(place)(c, address);
        if (match8(second.entries, second.tag)) break;
        const uint64_t slot = slots[i], table = entries[slot + 4];
        if (__builtin_expect(entries[slot] != (address >> 21 | c->psc_bits), 0)) {
            results[i] = FL_QUICK(fl_cpu_small_walk)(c, address, q, first);
            continue;
        }
        const uint64_t data = fl_walk_data(FL_QUICK(read_entry)(c, table, address, 12), table);
        if (data & q->walk_denied) break;
        results[i] = fl_translated(data, address);
        FL_QUICK(fill_second)(second, data);
        FL_QUICK(fill_first)(c, first, address, data);
        uint8_t *tree = &c->arrays[FL_PSC_PDE].trees[slot >> 3];
        *tree = fl_plru4_touched(*tree, slot & 7);
        c->recent.tag = 0;
        q->walks[0]++;
    }
    return i;
}

// Accesses at a time: what a host core keeps under way.
#define FL_ABREAST 32

void FL_QUICK(fl_cpu_batch)(fl_cpu *c, const fl_batch_access *accesses, fl_translation *results, uint64_t count) {
    uint32_t slots[FL_ABREAST];
    while (count) {
        const uint64_t some = count < FL_ABREAST ? count : FL_ABREAST;
        FL_QUICK(look_ahead)(c, accesses, slots, some);
        for (uint64_t i = 0; i < some; i++) {
            i += FL_QUICK(turns)(c, accesses + i, slots + i, results + i, some - i);
            if (i < some) fl_cpu_translate_batch_one(c, &accesses[i], &results[i]);
        }
        accesses += some, results += some, count -= some;
    }
}
