// Translation through the TLBs: lookups, fills, the walk.
#include "pte.h"
#include "tlb_internal.h"

// The first-level arrays that an access may hit.
static const uint8_t l1_data[] = {FL_L1D_4K, FL_L1D_2M, FL_L1D_1G};
static const uint8_t l1_code[] = {FL_L1I_4K, FL_L1I_2M};

typedef struct lookup {
    fl_tlb_array *array;
    uint64_t set;
    uint64_t tag;
    uint32_t way;
} lookup;

// Finds the address in one array, under the current PCID or as a global translation.
static bool find(fl_cpu *c, unsigned id, uint64_t page_flag, uint32_t shift, uint64_t address, lookup *l) {
    fl_tlb_array *a = &c->arrays[id];
    if (!(c->filled >> id & 1)) return false;
    const uint64_t page = FL_TAG_PAGE(address, shift);
    l->array = a;
    l->set = page & a->set_mask;
    l->tag = page | page_flag | c->tag_bits;
    l->way = fl_array_find(a, l->set, l->tag);
    if (l->way < a->ways) return true;
    if (!c->holds_global) return false;
    l->tag = page | page_flag | FL_TAG_CONTEXT(c->global_tag);
    l->way = fl_array_find(a, l->set, l->tag);
    return l->way < a->ways;
}

static inline uint64_t entry_data(const fl_walk *w) {
    const uint64_t offset = (1ull << w->shift) - 1;
    return fl_data(w->physical & ~offset, w->rights);
}

static fl_translation success(const lookup *l, uint32_t shift, uint64_t address) {
    const uint64_t data = fl_array_data(l->array, l->set)[l->way];
    return (fl_translation){(data & FL_PTE_ADDR_MASK) | (address & ((1ull << shift) - 1)), 0, FL_WALK_OK};
}

// How an entry in use differs from the tables; 0 where they still allow it.
static uint32_t staleness(const fl_cpu *c, uint64_t root, uint64_t address, uint64_t data, uint32_t shift,
                          bool writes, uint64_t *current) {
    fl_paging all = c->paging;
    all.smap = all.smep = all.pke = false;
    const fl_walk_start start = {.table = root & FL_PTE_ADDR_MASK, .rights = FL_RIGHTS_ALL, .level = 4};
    fl_walk w;
    fl_walk_from(&c->ram, &all, start, address, FL_READ, false, false, &w);
    *current = 0;
    if (w.status != FL_WALK_OK) return FL_STALE_UNMAPPED;
    *current = w.physical;
    if (w.shift != shift) return FL_STALE_SIZE;
    const uint64_t offset = (1ull << shift) - 1;
    if ((w.physical & ~offset) != (data & FL_PTE_ADDR_MASK & ~offset)) return FL_STALE_MOVED;
    const uint64_t rights = fl_data_rights(data);
    if (fl_allows_more(&c->paging, rights, w.rights) || (c->paging.pke && (rights ^ w.rights) & FL_PTE_KEY_MASK))
        return FL_STALE_RIGHTS;
    return writes && !(w.rights & FL_PTE_D) ? FL_STALE_CLEAN : 0;
}

static void check_use(fl_cpu *c, uint64_t address, const lookup *l, uint32_t shift, bool writes) {
    const uint64_t data = fl_array_data(l->array, l->set)[l->way];
    uint64_t current;
    const uint32_t change = staleness(c, c->cr3, address, data, shift, writes, &current);
    if (!change) return;
    c->counters.stale_uses++;
    c->last_stale = (fl_stale_use){.address = address, .cpu = c->number, .context = c->pcid,
                                   .cached = data & FL_PTE_ADDR_MASK, .current = current, .change = change};
}

// Whether a cached translation answers the access; one that does not is dropped, and the tables are asked.
static bool usable(fl_cpu *c, lookup *l, fl_access_kind kind, bool user) {
    const uint64_t rights = fl_data_rights(fl_array_data(l->array, l->set)[l->way]);
    if (!fl_violation(&c->paging, rights, kind, user) && (kind != FL_WRITE || (rights & FL_PTE_D))) return true;
    fl_array_set_tag(l->array, l->set, l->way, 0);
    return false;
}

static void fill(fl_cpu *c, unsigned id, uint64_t page_flag, uint32_t shift, uint64_t address, uint64_t data) {
    fl_tlb_array *a = &c->arrays[id];
    if (!a->entries) return;
    const uint64_t page = FL_TAG_PAGE(address, shift);
    const bool global = (data & FL_PTE_G) && c->pge;
    const uint64_t context = global ? FL_TAG_CONTEXT(c->global_tag) : c->tag_bits;
    c->filled |= 1u << id;
    c->holds_global |= global;
    c->holds_large |= page_flag != 0;
    if (global || shift != 12) fl_cpu_choose_miss(c, false);
    // The search has just failed, but an entry of this PCID may have hidden a global one.
    if (global) fl_array_fill(a, &c->clock, page & a->set_mask, page | page_flag | context, data);
    else fl_array_insert(a, &c->clock, page & a->set_mask, page | page_flag | context, data);
}

static unsigned l1_array(fl_access_kind kind, uint32_t shift) {
    if (kind == FL_EXECUTE) return shift == 12 ? FL_L1I_4K : FL_L1I_2M;
    return shift == 12 ? FL_L1D_4K : shift == 21 ? FL_L1D_2M : FL_L1D_1G;
}

// Instruction TLBs keep 1 GiB in pieces of 2 MiB.
static void fill_l1(fl_cpu *c, fl_access_kind kind, uint32_t shift, uint64_t address, uint64_t data) {
    if (kind == FL_EXECUTE && shift == 30) {
        data = (data & ~FL_PTE_ADDR_MASK) | ((data & FL_PTE_ADDR_MASK) + (address & 0x3fe00000ull)) | FL_DATA_PIECE;
        shift = 21;
    }
    fill(c, l1_array(kind, shift), 0, shift, address, data);
}

static void fill_l2(fl_cpu *c, uint32_t shift, uint64_t address, uint64_t data) {
    if (shift == 12) fill(c, FL_L2_4K, 0, 12, address, data);
    else if (shift == 30) fill(c, FL_L2_1G, 0, 30, address, data);
    else if (c->unified_l2) fill(c, FL_L2_4K, FL_TAG_LARGE, 21, address, data);
    else fill(c, FL_L2_2M, 0, 21, address, data);
}

// log2 of the page size in the tables, from that of the entry.
static uint32_t mapped_shift(uint32_t shift, uint64_t data) {
    return shift == 21 && data & FL_DATA_PIECE ? 30 : shift;
}

static bool hit_l1(fl_cpu *c, uint64_t address, fl_access_kind kind, bool user, fl_translation *result) {
    const uint8_t *ids = kind == FL_EXECUTE ? l1_code : l1_data;
    const unsigned count = kind == FL_EXECUTE ? 2 : 3;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t shift = 12 + 9 * i;
        lookup l;
        if (!find(c, ids[i], 0, shift, address, &l) || !usable(c, &l, kind, user)) continue;
        fl_array_touch(l.array, &c->clock, l.set, l.way);
        const uint32_t page_shift = mapped_shift(shift, fl_array_data(l.array, l.set)[l.way]);
        if (c->checks) check_use(c, address, &l, page_shift, kind == FL_WRITE);
        c->counters.l1_hits[kind]++;
        if (shift != 12) c->counters.l1_large[page_shift == 30][kind]++;
        *result = success(&l, shift, address);
        return true;
    }
    return false;
}

static bool hit_l2(fl_cpu *c, uint64_t address, fl_access_kind kind, bool user, fl_translation *result) {
    static const struct { uint8_t id; uint8_t shift; bool unified; } places[] = {
        {FL_L2_4K, 12, false}, {FL_L2_4K, 21, true}, {FL_L2_2M, 21, false}, {FL_L2_1G, 30, false}};
    for (unsigned i = 0; i < 4; i++) {
        if (places[i].unified && !c->holds_large) continue;
        lookup l;
        const uint64_t flag = places[i].unified ? FL_TAG_LARGE : 0;
        if (!find(c, places[i].id, flag, places[i].shift, address, &l) || !usable(c, &l, kind, user)) continue;
        fl_array_touch(l.array, &c->clock, l.set, l.way);
        if (c->checks) check_use(c, address, &l, places[i].shift, kind == FL_WRITE);
        c->counters.l2_hits[kind]++;
        if (places[i].shift != 12) c->counters.l2_large[places[i].shift == 30][kind]++;
        *result = success(&l, places[i].shift, address);
        fill_l1(c, kind, places[i].shift, address, fl_array_data(l.array, l.set)[l.way]);
        return true;
    }
    return false;
}

// Where the paging-structure caches let a walk begin.
static fl_walk_start walk_start(fl_cpu *c, uint64_t address) {
    const uint64_t context = c->psc_bits;
    for (unsigned level = 1; level <= 3; level++) {
        fl_tlb_array *a = &c->arrays[FL_PSC_PDE + level - 1];
        if (!a->entries) continue;
        const uint64_t page = fl_array_page(a, address), set = page & a->set_mask;
        const uint32_t way = fl_array_find(a, set, page | context);
        if (way == a->ways) continue;
        fl_array_touch(a, &c->clock, set, way);
        const uint64_t data = fl_array_data(a, set)[way];
        c->counters.saved_loads += 4 - level;
        return fl_start_at(data, level);
    }
    return (fl_walk_start){c->cr3 & FL_PTE_ADDR_MASK, FL_RIGHTS_ALL, 4};
}

static void fill_psc(fl_cpu *c, uint64_t address, const fl_walk *w, unsigned from) {
    const uint64_t context = c->psc_bits;
    for (unsigned level = w->level; level < from && level <= 3; level++) {
        fl_tlb_array *a = &c->arrays[FL_PSC_PDE + level - 1];
        if (!a->entries) continue;
        const uint64_t page = fl_array_page(a, address);
        const uint64_t data = w->tables[level] | (w->table_rights[level] ^ FL_RIGHTS_ALL);
        fl_array_fill(a, &c->clock, page & a->set_mask, page | context, data);
    }
}

static fl_translation walk(fl_cpu *c, uint64_t address, fl_access_kind kind, bool user) {
    c->recent.tag = c->recent_top.tag = 0;
    fl_walk_start start = walk_start(c, address);
    if (c->checks && start.level < 4) fl_check_start(c, address, &start);
    fl_walk w;
    fl_walk_from(&c->ram, &c->paging, start, address, kind, user, true, &w);
    if (w.status != FL_WALK_OK) fl_settle_fault(c, &start, address, kind, user, &w);
    c->counters.walks[kind]++;
    for (unsigned i = 0; i < w.loads; i++) c->counters.walk_loads[start.level - i]++;
    if (w.status != FL_WALK_OK) {
        c->counters.faults++;
        return (fl_translation){0, w.error, w.status};
    }
    fill_psc(c, address, &w, start.level);
    const uint64_t data = entry_data(&w);
    fill_l2(c, w.shift, address, data);
    fill_l1(c, kind, w.shift, address, data);
    const unsigned size = (w.shift - 12u) / 9;
    c->counters.fills[size]++;
    c->counters.fills_by_kind[size][kind]++;
    return (fl_translation){w.physical, 0, FL_WALK_OK};
}

fl_translation fl_cpu_translate_slow(fl_cpu *c, uint64_t address, fl_access_kind kind, bool user) {
    fl_translation result;
    if (!fl_is_canonical(address)) return (fl_translation){0, 0, FL_WALK_NOT_CANONICAL};
    if (hit_l1(c, address, kind, user, &result) || hit_l2(c, address, kind, user, &result)) return result;
    return walk(c, address, kind, user);
}

fl_translation fl_cpu_general_miss(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set) {
    (void)set;
    return fl_cpu_translate_slow(c, address, (fl_access_kind)(q - c->quick), true);
}

fl_translation fl_cpu_general_walk(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set) {
    (void)set;
    return walk(c, address, (fl_access_kind)(q - c->quick), true);
}

// The context's PCID, or FL_PCIDS.
static uint32_t owner(const fl_cpu *c, uint64_t context) {
    if (context == c->tag_bits || context == FL_TAG_CONTEXT(c->global_tag)) return c->pcid;
    uint32_t pcid = 0;
    while (pcid < FL_PCIDS && FL_TAG_CONTEXT(c->tags_of[pcid]) != context) pcid++;
    return pcid;
}

bool fl_cpu_find_stale_but(const fl_cpu *c, uint64_t end, uint64_t skipped, fl_stale_use *stale) {
    for (unsigned id = 0; id < FL_PSC_PDE; id++) {
        const fl_tlb_array *a = &c->arrays[id];
        for (uint64_t i = 0; a->entries && i < ((uint64_t)a->set_mask + 1) * a->ways; i++) {
            const uint64_t tag = fl_array_tag(a, i / a->ways, (uint32_t)(i % a->ways));
            const uint64_t data = fl_array_data(a, i / a->ways)[i % a->ways];
            if (!tag) continue;
            const uint32_t pcid = owner(c, tag & ~((1ull << 36) - 1) & ~FL_TAG_LARGE);
            if (pcid == FL_PCIDS || fl_skips(skipped, pcid)) continue;
            const uint32_t shift = tag & FL_TAG_LARGE ? 21 : a->shift;
            const uint64_t page = tag & ((1ull << 36) - 1);
            const uint64_t address = (uint64_t)((int64_t)(page << (shift + 16)) >> 16);
            if (address >= end) continue;
            uint64_t current;
            const uint32_t change =
                staleness(c, c->roots_of[pcid], address, data, mapped_shift(shift, data), false, &current);
            if (!change) continue;
            *stale = (fl_stale_use){.address = address, .cpu = c->number, .context = pcid,
                                    .cached = data & FL_PTE_ADDR_MASK, .current = current, .change = change};
            return true;
        }
    }
    return fl_find_stale_structure(c, end, skipped, stale);
}
