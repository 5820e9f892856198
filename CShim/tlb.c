// Translation through the TLBs: lookups, fills, the walk behind them.
#include "pte.h"
#include "tlb_internal.h"

// The arrays that an access may hit, first-level ones first.
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

static inline uint64_t entry_data(const fl_cpu *c, const fl_walk *w) {
    const uint64_t offset = (1ull << w->shift) - 1;
    return (w->physical & ~offset) | w->rights | (uint64_t)c->pcid << 52;
}

static fl_translation success(const lookup *l, uint32_t shift, uint64_t address) {
    const uint64_t data = l->array->data[l->set * l->array->ways + l->way];
    return (fl_translation){(data & FL_DATA_ADDRESS) | (address & ((1ull << shift) - 1)), 0, FL_WALK_OK};
}

// What the tables say now of an entry in use; 0 where they still allow it.
static uint32_t staleness(const fl_cpu *c, uint64_t root, uint64_t address, uint64_t data, uint32_t shift,
                          uint64_t *current) {
    fl_paging all = c->paging;
    all.smap = all.smep = all.pke = false;
    const fl_walk_start start = {.table = root & FL_DATA_ADDRESS, .rights = FL_RIGHT_ALL, .level = 4};
    fl_walk w;
    fl_walk_from(&c->ram, &all, start, address, FL_READ, false, false, &w);
    *current = 0;
    if (w.status != FL_WALK_OK) return FL_STALE_UNMAPPED;
    *current = w.physical;
    if (w.shift != shift) return FL_STALE_SIZE;
    const uint64_t offset = (1ull << shift) - 1;
    if ((w.physical & ~offset) != (data & FL_DATA_ADDRESS & ~offset)) return FL_STALE_MOVED;
    return ((uint32_t)data & FL_RIGHT_ALL & ~w.rights) ? FL_STALE_RIGHTS : 0;
}

static void check_use(fl_cpu *c, uint64_t address, const lookup *l, uint32_t shift) {
    const uint64_t data = l->array->data[l->set * l->array->ways + l->way];
    uint64_t current;
    const uint32_t change = staleness(c, c->cr3, address, data, shift, &current);
    if (!change) return;
    c->counters.stale_uses++;
    c->last_stale = (fl_stale_use){.address = address, .cpu = c->number, .context = c->pcid,
                                   .cached = data & FL_DATA_ADDRESS, .current = current, .change = change};
}

// Whether a cached translation answers the access; one that does not is dropped, and the tables are asked.
static bool usable(fl_cpu *c, lookup *l, fl_access_kind kind, bool user) {
    const uint64_t at = l->set * l->array->ways + l->way;
    const uint32_t rights = (uint32_t)l->array->data[at] & 0xfff;
    if (!fl_violation(&c->paging, rights, kind, user) && (kind != FL_WRITE || (rights & FL_RIGHT_DIRTY))) return true;
    l->array->tags[at] = 0;
    return false;
}

static void fill(fl_cpu *c, unsigned id, uint64_t page_flag, uint32_t shift, uint64_t address, uint64_t data) {
    fl_tlb_array *a = &c->arrays[id];
    if (!a->tags) return;
    const uint64_t page = FL_TAG_PAGE(address, shift);
    const bool global = (data & FL_RIGHT_GLOBAL) && c->pge;
    const uint64_t context = global ? FL_TAG_CONTEXT(c->global_tag) : c->tag_bits;
    c->filled |= 1u << id;
    c->holds_global |= global;
    c->holds_large |= page_flag != 0;
    if (global || shift != 12) c->small = false;
    // Whoever fills has just searched in vain, or dropped what did not serve.
    fl_array_insert(a, &c->clock, page & a->set_mask, page | page_flag | context, data);
}

static unsigned l1_array(fl_access_kind kind, uint32_t shift) {
    if (kind == FL_EXECUTE) return shift == 12 ? FL_L1I_4K : FL_L1I_2M;
    return shift == 12 ? FL_L1D_4K : shift == 21 ? FL_L1D_2M : FL_L1D_1G;
}

// A 1 GiB translation in an instruction TLB is kept in pieces of 2 MiB.
static void fill_l1(fl_cpu *c, fl_access_kind kind, uint32_t shift, uint64_t address, uint64_t data) {
    if (kind == FL_EXECUTE && shift == 30) {
        data = (data & ~FL_DATA_ADDRESS) | ((data & FL_DATA_ADDRESS) + (address & 0x3fe00000ull));
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

static bool hit_l1(fl_cpu *c, uint64_t address, fl_access_kind kind, bool user, fl_translation *result) {
    const uint8_t *ids = kind == FL_EXECUTE ? l1_code : l1_data;
    const unsigned count = kind == FL_EXECUTE ? 2 : 3;
    for (unsigned i = 0; i < count; i++) {
        const uint32_t shift = 12 + 9 * i;
        lookup l;
        if (!find(c, ids[i], 0, shift, address, &l) || !usable(c, &l, kind, user)) continue;
        fl_array_touch(l.array, &c->clock, l.set, l.way);
        if (c->checks) check_use(c, address, &l, shift);
        c->counters.l1_hits[kind]++;
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
        if (c->checks) check_use(c, address, &l, places[i].shift);
        c->counters.l2_hits[kind]++;
        *result = success(&l, places[i].shift, address);
        fill_l1(c, kind, places[i].shift, address, l.array->data[l.set * l.array->ways + l.way]);
        return true;
    }
    return false;
}

// Where the paging-structure caches let a walk begin.
static fl_walk_start walk_start(fl_cpu *c, uint64_t address) {
    const uint64_t context = FL_TAG_CONTEXT(c->psc_tags_of[c->pcid]);
    for (unsigned level = 1; level <= 3; level++) {
        fl_tlb_array *a = &c->arrays[FL_PSC_PDE + level - 1];
        if (!a->tags) continue;
        const uint64_t page = fl_array_page(a, address), set = page & a->set_mask;
        const uint32_t way = fl_array_find(a, set, page | context);
        if (way == a->ways) continue;
        fl_array_touch(a, &c->clock, set, way);
        const uint64_t data = a->data[set * a->ways + way];
        c->counters.saved_loads += 4 - level;
        return (fl_walk_start){data & FL_DATA_ADDRESS, (uint32_t)data & FL_RIGHT_ALL, (uint8_t)level};
    }
    return (fl_walk_start){c->cr3 & FL_DATA_ADDRESS, FL_RIGHT_ALL, 4};
}

static void fill_psc(fl_cpu *c, uint64_t address, const fl_walk *w, unsigned from) {
    const uint64_t context = FL_TAG_CONTEXT(c->psc_tags_of[c->pcid]);
    for (unsigned level = w->level; level < from && level <= 3; level++) {
        fl_tlb_array *a = &c->arrays[FL_PSC_PDE + level - 1];
        if (!a->tags) continue;
        const uint64_t page = fl_array_page(a, address);
        const uint64_t data = w->tables[level] | w->table_rights[level] | (uint64_t)c->pcid << 52;
        fl_array_fill(a, &c->clock, page & a->set_mask, page | context, data);
    }
}

static inline unsigned mask4(const uint64_t *t, uint64_t tag) {
    return (unsigned)(t[0] == tag) | (unsigned)(t[1] == tag) << 1 | (unsigned)(t[2] == tag) << 2 |
           (unsigned)(t[3] == tag) << 3;
}

static inline void insert4(fl_tlb_array *a, uint64_t set, uint64_t tag, uint64_t data) {
    const unsigned way = fl_plru4_victim(a->ages[set]);
    a->tags[set * 4 + way] = tag;
    a->data[set * 4 + way] = data;
    fl_plru4_touch(&a->ages[set], way);
}

// The usual miss of the first level, in a CPU that holds 4 KiB translations only: the second level, or a page table that
// the PDE cache knows. Says false where the answer takes more: then nothing was changed.
static inline bool small_miss(fl_cpu *c, uint64_t address, fl_access_kind kind, fl_translation *result) {
    fl_tlb_array *l1 = &c->arrays[kind == FL_EXECUTE ? FL_L1I_4K : FL_L1D_4K];
    fl_tlb_array *l2 = &c->arrays[FL_L2_4K];
    const uint64_t page = FL_TAG_PAGE(address, 12), tag = page | c->tag_bits, needed = c->needed[kind];
    const uint64_t set1 = page & l1->set_mask, set2 = page & l2->set_mask;
    if (mask4(l1->tags + set1 * 4, tag)) return false;  // it is there, but does not serve
    const uint64_t *t = l2->tags + set2 * 8;
    const unsigned mask = mask4(t, tag) | mask4(t + 4, tag) << 4;
    if (mask) {
        const unsigned way = (unsigned)__builtin_ctz(mask);
        const uint64_t data = l2->data[set2 * 8 + way];
        if ((data & needed) != needed) return false;
        fl_plru8_touch(&l2->ages[set2], way);
        insert4(l1, set1, tag, data);
        c->filled |= 1u << (l1 - c->arrays);
        c->counters.l2_hits[kind]++;
        *result = (fl_translation){(data & FL_DATA_ADDRESS) | (address & 4095), 0, FL_WALK_OK};
        return true;
    }
    fl_tlb_array *pde = &c->arrays[FL_PSC_PDE];
    const uint64_t table_page = FL_TAG_PAGE(address, 21), set = table_page & pde->set_mask;
    const unsigned known = mask4(pde->tags + set * 4, table_page | FL_TAG_CONTEXT(c->psc_tags_of[c->pcid]));
    if (!known) return false;
    const unsigned at = (unsigned)__builtin_ctz(known);
    const uint64_t table = pde->data[set * 4 + at];
    const uint32_t basic = (uint32_t)needed & FL_RIGHT_ALL;
    if (((uint32_t)table & basic) != basic || (table & FL_DATA_ADDRESS) >= c->ram.bytes) return false;
    const uint64_t entry =
        ((const uint64_t *)(const void *)(c->ram.base + (table & FL_DATA_ADDRESS)))[address >> 12 & 511];
    if (!(entry & FL_PTE_P)) {
        // Not present: the fault does not depend on any right.
        fl_plru4_touch(&pde->ages[set], at);
        c->counters.saved_loads += 3;
        c->counters.walks[kind]++;
        c->counters.walk_loads[1]++;
        c->counters.faults++;
        uint32_t code = FL_PF_U | (kind == FL_WRITE ? FL_PF_W : 0);
        if (kind == FL_EXECUTE && (c->paging.nxe || c->paging.smep)) code |= FL_PF_I;
        *result = (fl_translation){0, code, FL_WALK_PAGE_FAULT};
        return true;
    }
    const uint64_t wanted = c->entry_needed[kind];
    if ((entry & (c->entry_mask | wanted)) != wanted) return false;
    if ((entry & FL_PTE_NX) && (kind == FL_EXECUTE || !c->paging.nxe)) return false;
    uint32_t rights = (uint32_t)table & FL_RIGHT_ALL;
    if (!(entry & FL_PTE_RW)) rights &= ~FL_RIGHT_WRITE;
    if (entry & FL_PTE_NX) rights &= ~FL_RIGHT_EXECUTE;
    if (entry & FL_PTE_D) rights |= FL_RIGHT_DIRTY;
    rights |= (uint32_t)(entry >> 59 & 15) << FL_RIGHT_KEY_SHIFT;
    const uint64_t data = (entry & FL_DATA_ADDRESS) | rights | (uint64_t)c->pcid << 52;
    fl_plru4_touch(&pde->ages[set], at);
    const unsigned victim = fl_plru8_victim(l2->ages[set2]);
    l2->tags[set2 * 8 + victim] = tag;
    l2->data[set2 * 8 + victim] = data;
    fl_plru8_touch(&l2->ages[set2], victim);
    insert4(l1, set1, tag, data);
    c->filled |= 1u << (l1 - c->arrays) | 1u << FL_L2_4K;
    c->counters.saved_loads += 3;
    c->counters.walks[kind]++;
    c->counters.walk_loads[1]++;
    c->counters.fills[0]++;
    *result = (fl_translation){(entry & FL_DATA_ADDRESS) | (address & 4095), 0, FL_WALK_OK};
    return true;
}

fl_translation fl_cpu_translate_slow(fl_cpu *c, uint64_t address, fl_access_kind kind, bool user) {
    fl_translation result;
    if (!fl_is_canonical(address)) return (fl_translation){0, 0, FL_WALK_NOT_CANONICAL};
    if (c->small && user && small_miss(c, address, kind, &result)) return result;
    if (hit_l1(c, address, kind, user, &result) || hit_l2(c, address, kind, user, &result)) return result;
    return fl_cpu_walk(c, address, kind, user);
}

fl_translation fl_cpu_walk(fl_cpu *c, uint64_t address, fl_access_kind kind, bool user) {
    fl_translation quick;
    if (c->small && user && small_miss(c, address, kind, &quick)) return quick;
    const fl_walk_start start = walk_start(c, address);
    fl_walk w;
    fl_walk_from(&c->ram, &c->paging, start, address, kind, user, true, &w);
    c->counters.walks[kind]++;
    for (unsigned i = 0; i < w.loads; i++) c->counters.walk_loads[start.level - i]++;
    if (w.status != FL_WALK_OK) {
        c->counters.faults++;
        return (fl_translation){0, w.error, w.status};
    }
    fill_psc(c, address, &w, start.level);
    const uint64_t data = entry_data(c, &w);
    fill_l2(c, w.shift, address, data);
    fill_l1(c, kind, w.shift, address, data);
    c->counters.fills[(w.shift - 12) / 9]++;
    return (fl_translation){w.physical, 0, FL_WALK_OK};
}

bool fl_cpu_find_stale(const fl_cpu *c, fl_stale_use *stale) {
    for (unsigned id = 0; id < FL_PSC_PDE; id++) {
        const fl_tlb_array *a = &c->arrays[id];
        for (uint64_t i = 0; a->tags && i < ((uint64_t)a->set_mask + 1) * a->ways; i++) {
            const uint64_t tag = a->tags[i];
            if (!tag) continue;
            const uint32_t pcid = (uint32_t)(a->data[i] >> 52);
            const uint64_t context = tag & ~((1ull << 36) - 1) & ~FL_TAG_LARGE;
            const bool global = context == FL_TAG_CONTEXT(c->global_tag);
            if (!global && context != FL_TAG_CONTEXT(c->tags_of[pcid])) continue;
            const uint32_t shift = tag & FL_TAG_LARGE ? 21 : a->shift;
            const uint64_t page = tag & ((1ull << 36) - 1);
            const uint64_t address = (uint64_t)((int64_t)(page << (shift + 16)) >> 16);
            uint64_t current;
            const uint32_t change = staleness(c, c->roots_of[pcid], address, a->data[i], shift, &current);
            if (!change) continue;
            *stale = (fl_stale_use){.address = address, .cpu = c->number, .context = pcid,
                                    .cached = a->data[i] & FL_DATA_ADDRESS, .current = current, .change = change};
            return true;
        }
    }
    return false;
}
