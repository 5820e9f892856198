// The loops of tlb_run_quick.h, which includes this: one where most accesses hit the first level, and two where most miss
// both: they find the page directory entry as the last one of its set (near), or search for it (far).

// Has the host fetch the page-table entry of an access to come. It finds it through the tables, whatever the caches hold.
FL_ALWAYS void FL_QUICK(look_ahead)(const fl_cpu *c, const fl_tlb_memory *m, uint64_t mask, uint64_t access) {
    const uint64_t top = access << 2 >> 32;
    const uint64_t slot = top % FL_DIRECTORIES;
    if (__builtin_expect(m->view.tops[slot] != top, 0)) {
        fl_run_find_directory(c, access);
        return;
    }
    const uint64_t *entry = (const uint64_t *)(const void *)(m->view.directories[slot] + (access >> 18 & 511 << 3));
    __builtin_prefetch((const void *)((uintptr_t)m->view.ram + (*entry & mask) + (access >> 9 & 511 << 3)));
}

FL_ALWAYS bool FL_QUICK(miss)(fl_cpu *c, fl_tlb_memory *m, uint64_t mask, uint64_t access, uint64_t *result,
                              FL_QUICK(tally) *tally, const bool near, const bool usual) {
    const uint64_t a = usual ? access : access & FL_ACCESS_ADDRESS;
    FL_OPAQUE(m);
    fl_tlb_set *first = FL_QUICK(first_of)(c, m, access, usual);
    uint64_t *second = FL_QUICK(second_of)(c, m, a, usual);
    __builtin_prefetch(second + 8, 1);
    if (__builtin_expect(FL_QUICK(held)(m->view.contexts, first, second, a, a >> 12 | m->view.tag_bits), 0))
        return FL_QUICK(use_held)(c, access, result, tally);
    if (!near) return FL_QUICK(search)(c, m, access, result, tally, usual);
    const uint64_t set = a >> 21 & m->view.pde_mask, *entries = m->view.pde + set * 8;
    const uint64_t used = m->used4[m->view.pde_trees[set]];
    // The last one used: using it again changes nothing.
    if (__builtin_expect(entries[used] != (a >> 21 | m->view.psc_bits), 0))
        return FL_QUICK(search_apart)(c, access, result, tally);
    const uint64_t table = entries[4 + used];
    const uint64_t entry = *(const uint64_t *)(const void *)(m->view.ram + (table & mask) + (a >> 9 & 511 << 3));
    const uint64_t data = (entry ^ FL_GRANTS) | (table & ~mask);
    fl_tlb_quick *q = usual ? &c->quick[FL_READ] : FL_QUICK(quick_of)(c, access);
    if (__builtin_expect((data & (usual ? m->view.read_denied : q->walk_denied)) != 0, 0)) return false;
    FL_QUICK(fill_both)(m, first, second, FL_QUICK(tree_of)(c, m, a, usual), a, data);
    if (!usual) q->walks[0]++;
    *result = FL_QUICK(result)(entry, a, FL_FOUND_WALK, mask);
    return true;
}

FL_ALWAYS uint64_t FL_QUICK(misses)(fl_cpu *c, const uint64_t *accesses, uint64_t *results, uint64_t count,
                                    uint64_t left, FL_QUICK(tally) *tally, const bool near, const bool usual) {
    fl_tlb_memory *const m = fl_memory_of(c);
    FL_QUICK(tally) t = {0};
    uint64_t mask = FL_PTE_ADDR_MASK, i = 0;
    FL_OPAQUE(mask);
    for (bool good = true; good && i < count;) {
        const uint64_t stop = count - i > FL_RUN_GROUP ? i + FL_RUN_GROUP : count;
        if (left - i >= FL_RUN_AHEAD + FL_RUN_GROUP)
            for (uint64_t k = 0; k < FL_RUN_GROUP; k++)
                FL_QUICK(look_ahead)(c, m, mask, accesses[i + FL_RUN_AHEAD + k]);
        while (good && i < stop) {
            good = FL_QUICK(miss)(c, m, mask, accesses[i], &results[i], &t, near, usual);
            i += good;
        }
    }
    if (near && usual) c->quick[FL_READ].walks[0] += i - t.first - t.second - t.apart;
    *tally = t;
    return i;
}

FL_ALWAYS uint64_t FL_QUICK(hits)(fl_cpu *c, const uint64_t *accesses, uint64_t *results, uint64_t count,
                                  FL_QUICK(tally) *tally, const bool usual) {
    fl_tlb_memory *const m = fl_memory_of(c);
    FL_QUICK(tally) t = {0};
    uint64_t mask = FL_PTE_ADDR_MASK, i = 0;
    FL_OPAQUE(mask);
    for (; i < count; i++) {
        const uint64_t access = accesses[i], a = usual ? access : access & FL_ACCESS_ADDRESS;
        fl_tlb_set *first = FL_QUICK(first_of)(c, m, access, usual);
        unsigned match = fl_set_match(c, first, a);
        __asm__("" : "+r"(match));
        if (__builtin_expect(match == 0, 0)) {
            uint64_t *second = FL_QUICK(second_of)(c, m, a, usual);
            const unsigned held = match8(second, a >> 12 | m->view.tag_bits);
            if (held) {
                uint8_t *tree = FL_QUICK(tree_of)(c, m, a, usual);
                if (!FL_QUICK(use_second)(c, access, first, second, tree, held, &results[i])) break;
                t.second++;
            } else if (!FL_QUICK(search_apart)(c, access, &results[i], &t)) break;
            continue;
        }
        const uint64_t way = (uint64_t)__builtin_ctz(match), data = first->data[way];
        const uint64_t denied = usual ? c->quick[FL_READ].denied : FL_QUICK(quick_of)(c, access)->denied;
        if (__builtin_expect((data & denied) != 0, 0)) break;
        first->tree = m->touched4[first->tree | way];
        if (!usual) first->hits[access >> FL_ACCESS_KIND_SHIFT]++;
        results[i] = FL_QUICK(result)(data, a, FL_FOUND_FIRST, mask);
    }
    t.first = i - t.second - t.apart;
    if (usual) c->counters.l1_hits[FL_READ] += t.first;
    *tally = t;
    return i;
}

#define FL_LOOP(name, body, ...)                                                                                           \
    __attribute__((noinline)) static uint64_t FL_QUICK(name)(fl_cpu *c, const uint64_t *accesses, uint64_t *results,     \
                                                             uint64_t count, uint64_t left, FL_QUICK(tally) *tally) {    \
        (void)left;                                                                                                        \
        return FL_QUICK(body)(c, accesses, results, count, __VA_ARGS__);                                                   \
    }
FL_LOOP(hits_of_reads, hits, tally, true)
FL_LOOP(hits_of_all, hits, tally, false)
FL_LOOP(near_of_reads, misses, left, tally, true, true)
FL_LOOP(near_of_all, misses, left, tally, true, false)
FL_LOOP(far_of_reads, misses, left, tally, false, true)
FL_LOOP(far_of_all, misses, left, tally, false, false)

// The loop that the next block is given, from what the last one was.
FL_ALWAYS void FL_QUICK(choose)(fl_cpu *c, uint64_t made, const FL_QUICK(tally) *t) {
    if ((made - t->first - t->second) * 8 <= made) c->run_loop = FL_RUN_HITS;
    else if (c->run_loop == FL_RUN_HITS) c->run_loop = FL_RUN_NEAR;
    else if (c->run_loop == FL_RUN_NEAR && t->apart * 8 > made) c->run_loop = FL_RUN_FAR;
    else if (c->run_loop >= FL_RUN_FAR && ++c->run_loop == FL_RUN_FAR + 64) c->run_loop = FL_RUN_NEAR;
}

uint64_t FL_QUICK(fl_cpu_run)(fl_cpu *c, const uint64_t *accesses, uint64_t *results, uint64_t count) {
    uint64_t unwanted[FL_RUN_BLOCK], done = 0;
    while (done < count) {
        const uint64_t *block = accesses + done, left = count - done;
        uint64_t some = left < FL_RUN_BLOCK ? left : FL_RUN_BLOCK, either = 0;
        for (uint64_t i = 0; i < some; i++) either |= block[i];
        // Only addresses of the lower half are for these loops.
        if (either & FL_ACCESS_UPPER)
            for (some = 0; !(block[some] & FL_ACCESS_UPPER);) some++;
        if (!some) break;
        const bool usual = c->usual && either >> FL_ACCESS_KIND_SHIFT == FL_READ;
        uint64_t *into = results ? results + done : unwanted, made;
        FL_QUICK(tally) tally;
        if (c->run_loop == FL_RUN_HITS)
            made = usual ? FL_QUICK(hits_of_reads)(c, block, into, some, left, &tally)
                         : FL_QUICK(hits_of_all)(c, block, into, some, left, &tally);
        else if (c->run_loop == FL_RUN_NEAR)
            made = usual ? FL_QUICK(near_of_reads)(c, block, into, some, left, &tally)
                         : FL_QUICK(near_of_all)(c, block, into, some, left, &tally);
        else
            made = usual ? FL_QUICK(far_of_reads)(c, block, into, some, left, &tally)
                         : FL_QUICK(far_of_all)(c, block, into, some, left, &tally);
        FL_QUICK(choose)(c, made, &tally);
        done += made;
        if (made < some) break;
    }
    c->recent.tag = 0;
    return done;
}
