// A CPU's making and end, its counters, and the choice of its paths.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "pte.h"
#include "tlb_memory.h"

static const uint8_t shifts[FL_TLB_ARRAYS] = {
    [FL_L1I_4K] = 12, [FL_L1I_2M] = 21, [FL_L1D_4K] = 12, [FL_L1D_2M] = 21, [FL_L1D_1G] = 30, [FL_L2_4K] = 12,
    [FL_L2_2M] = 21, [FL_L2_1G] = 30, [FL_PSC_PDE] = 21, [FL_PSC_PDPTE] = 30, [FL_PSC_PML4E] = 39};

static fl_tlb_error check_shape(const fl_tlb_shape *s) {
    if (s->sets == 0) return FL_TLB_OK;
    if (s->sets > 65536 || (s->sets & (s->sets - 1))) return FL_TLB_E_SETS;
    if (s->ways == 0 || s->ways > FL_TLB_MAX_WAYS) return FL_TLB_E_WAYS;
    if (s->replacement == FL_REPLACE_PLRU && (s->ways > 64 || (s->ways & (s->ways - 1)))) return FL_TLB_E_PLRU_WAYS;
    return FL_TLB_OK;
}

static uint64_t lines(uint64_t words) { return (words * 8 + 63) & ~63ull; }

// Whether an array has the form of fl_tlb_set.
static bool is_split(const fl_tlb_shape *s, uint32_t shift) {
    return shift == 12 && s->sets >= 16 && s->ways == 4 && s->replacement == FL_REPLACE_PLRU;
}

// Lays out an array in `memory`; its bytes. A set of 4 ways is one cache line, one of 8 is two.
static uint64_t lay_array(fl_tlb_array *a, const fl_tlb_shape *s, uint32_t shift, uintptr_t memory) {
    *a = (fl_tlb_array){.shift = shift};
    if (s->sets == 0) return 0;
    const uint64_t ways = (uint64_t)s->sets * s->ways;
    a->set_mask = s->sets - 1;
    a->ways = s->ways;
    a->replacement = s->replacement;
    a->entries = (uint64_t *)memory;
    const uintptr_t rest = memory + lines(2 * ways);
    if (is_split(s, shift)) {
        a->sets = (fl_tlb_set *)memory;
        a->trees = &a->sets->tree;
        a->tree_stride = sizeof(fl_tlb_set);
        return s->sets * sizeof(fl_tlb_set);
    }
    if (s->replacement == FL_REPLACE_PLRU && s->ways <= 8) {
        a->tree_stride = 1;
        a->trees = (uint8_t *)rest;
        return lines(2 * ways) + lines((s->sets + 7) / 8);
    }
    a->ages = (uint64_t *)rest;
    return lines(2 * ways) + lines(s->replacement == FL_REPLACE_LRU ? ways : s->sets);
}

// All arrays lie together, so that the host maps them with as few pages as can be.
static uint64_t lay_arrays(fl_cpu *c, const fl_tlb_geometry *g, uintptr_t memory) {
    // As fl_tlb_memory has it, where the shapes are the usual ones.
    static const uint8_t order[FL_TLB_ARRAYS] = {FL_L1D_4K, FL_L1I_4K, FL_L2_4K,   FL_L1I_2M,    FL_L1D_2M,    FL_L1D_1G,
                                                 FL_L2_2M,  FL_L2_1G,  FL_PSC_PDE, FL_PSC_PDPTE, FL_PSC_PML4E};
    uint64_t bytes = offsetof(fl_tlb_memory, data);
    for (uint32_t k = 0; k < FL_TLB_ARRAYS; k++) {
        const uint32_t i = order[k];
        bytes += lay_array(&c->arrays[i], &g->shapes[i], shifts[i], memory + bytes);
    }
    return bytes;
}

static void copy_replacement(fl_tlb_memory *m) {
    for (unsigned tree = 0; tree < 128; tree++) m->plru8[tree] = fl_plru8[tree];
    for (unsigned tree = 0; tree < 32; tree++) {
        m->plru4[tree] = fl_plru4[tree];
        m->touched4[tree] = fl_plru4_touched(tree & 28, tree & 3);
        // The way that none of the tree's bits points to.
        m->used4[tree] = tree & 4 ? (tree & 8 ? 0 : 1) : (tree & 16 ? 2 : 3);
    }
}

static void view_first_level(fl_cpu *c, fl_access_kind kind) {
    const fl_tlb_array *a = &c->arrays[kind == FL_EXECUTE ? FL_L1I_4K : FL_L1D_4K];
    const bool serves = c->fast && a->sets;
    fl_tlb_quick *q = &c->quick[kind];
    q->sets = serves ? (uint8_t *)a->sets : c->memory;
    q->set_bits = serves ? (uint64_t)a->set_mask * sizeof(fl_tlb_set) : 0;
    q->end = 1ull << 47;
    q->denied = FL_PTE_US | (kind == FL_WRITE ? FL_PTE_RW | FL_PTE_D : kind == FL_EXECUTE ? FL_PTE_NX : 0);
    q->rights = q->denied & ~FL_PTE_D;
    c->reserved = ((1ull << 52) - (1ull << c->paging.physical_bits)) | (c->paging.nxe ? 0 : FL_PTE_NX);
    c->directory_denied = FL_PTE_P | FL_PTE_A | FL_PTE_PS | c->reserved;
    // A walk may answer at once if it finds P and A set, no global page, and nothing reserved.
    q->walk_denied = q->denied | FL_PTE_P | FL_PTE_A | FL_PTE_G | c->reserved;
    const bool fetches = kind == FL_EXECUTE && (c->paging.nxe || c->paging.smep);
    q->absent = FL_PF_U | (kind == FL_WRITE ? FL_PF_W : 0) | (fetches ? FL_PF_I : 0);
}

static bool is_plru(const fl_tlb_array *a, uint32_t ways) {
    return a->entries && a->ways == ways && a->replacement == FL_REPLACE_PLRU;
}

// Chooses the paths of accesses, after a change of their checks or of the arrays.
void fl_cpu_update_paths(fl_cpu *c) {
    // Protection keys depend on the page: then every access is looked at in full. So it is while uses are checked.
    c->usual = c->arrays[FL_L1D_4K].set_mask == 63 && c->arrays[FL_L1I_4K].set_mask == 63 &&
               c->arrays[FL_L2_4K].set_mask == 2047;
    c->fast = !c->paging.pke && !c->checks;
    for (unsigned kind = FL_READ; kind <= FL_EXECUTE; kind++) view_first_level(c, (fl_access_kind)kind);
    const fl_tlb_array *a = c->arrays;
    const bool fits = a[FL_L1I_4K].sets && a[FL_L1D_4K].sets && is_plru(&a[FL_L2_4K], 8) &&
                      is_plru(&a[FL_PSC_PDE], 4) && is_plru(&a[FL_PSC_PDPTE], 4) && is_plru(&a[FL_PSC_PML4E], 4);
    const bool small = fits && c->fast && !(c->filled & ~FL_ALWAYS_FILLED) && !c->holds_large && !c->holds_global;
    fl_cpu_choose_miss(c, small);
}

fl_tlb_error fl_cpu_create(fl_cpu *c, const fl_ram *ram, const fl_tlb_geometry *g, const fl_paging *paging,
                           uint32_t *failed) {
    memset(c, 0, sizeof *c);
    for (uint32_t i = 0; i < FL_TLB_ARRAYS; i++) {
        *failed = i;
        const fl_tlb_error error = check_shape(&g->shapes[i]);
        if (error) return error;
    }
    *failed = FL_L1D_4K;
    if (g->shapes[FL_L1D_4K].sets == 0) return FL_TLB_E_NO_L1;
    *failed = FL_L1I_4K;
    if (g->shapes[FL_L1I_4K].sets == 0) return FL_TLB_E_NO_L1;
    if (!fl_is_possible(paging)) return FL_TLB_E_PHYSICAL_BITS;
    c->memory_bytes = lay_arrays(c, g, 0);
    c->memory = fl_host_reserve(c->memory_bytes);
    if (c->memory) {
        lay_arrays(c, g, (uintptr_t)c->memory);
        copy_replacement(c->memory);
    }
    c->tags_of = calloc(FL_PCIDS, sizeof(uint64_t));
    c->psc_tags_of = calloc(FL_PCIDS, sizeof(uint64_t));
    c->roots_of = calloc(FL_PCIDS, sizeof(uint64_t));
    if (!c->memory || !c->tags_of || !c->psc_tags_of || !c->roots_of) {
        fl_cpu_destroy(c);
        return FL_TLB_E_MEMORY;
    }
    c->filled = FL_ALWAYS_FILLED;
    c->ram = *ram;
    c->paging = *paging;
    c->unified_l2 = g->unified_l2;
    c->global_tag = ++c->next_tag;
    for (uint32_t i = 0; i < FL_PCIDS; i++) c->tags_of[i] = c->psc_tags_of[i] = ++c->next_tag;
    fl_cpu_update_tags(c);
    fl_cpu_update_paths(c);
    return FL_TLB_OK;
}

void fl_cpu_destroy(fl_cpu *c) {
    if (c->memory) fl_host_release(c->memory, c->memory_bytes);
    c->memory = 0;
    for (uint32_t i = 0; i < FL_TLB_ARRAYS; i++) c->arrays[i] = (fl_tlb_array){0};
    free(c->tags_of);
    free(c->psc_tags_of);
    free(c->roots_of);
    c->tags_of = c->psc_tags_of = c->roots_of = 0;
}

// Adds the hits that the sets of an array have counted to those of the CPU.
static void collect_hits(fl_cpu *c, fl_tlb_array *a) {
    for (uint64_t set = 0; a->sets && set <= a->set_mask; set++)
        for (unsigned kind = 0; kind < 3; kind++) {
            c->counters.l1_hits[kind] += a->sets[set].hits[kind];
            a->sets[set].hits[kind] = 0;
        }
}

fl_tlb_counters fl_cpu_counters(fl_cpu *c) {
    collect_hits(c, &c->arrays[FL_L1I_4K]);
    collect_hits(c, &c->arrays[FL_L1D_4K]);
    for (unsigned kind = 0; kind < 3; kind++) {
        fl_tlb_quick *q = &c->quick[kind];
        uint64_t all = 0;
        for (unsigned extra = 4; extra-- > 0;) {
            all += q->walks[extra];
            c->counters.saved_loads += q->walks[extra] * (3 - extra);
            c->counters.walk_loads[extra + 1] += all;
            q->walks[extra] = 0;
        }
        c->counters.saved_loads += 3 * q->refusals;
        c->counters.l2_hits[kind] += q->second;
        c->counters.fills[0] += all;
        c->counters.fills_by_kind[0][kind] += all;
        c->counters.faults += q->refusals;
        c->counters.walks[kind] += all + q->refusals;
        c->counters.walk_loads[1] += q->refusals;
        q->refusals = q->second = 0;
    }
    return c->counters;
}
