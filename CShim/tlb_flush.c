// A CPU's making and end, and all that flushes its TLBs (Intel SDM vol. 3A, 4.10.4).
#include <stdlib.h>
#include <string.h>

#include "pte.h"
#include "tlb_internal.h"

static const uint8_t shifts[FL_TLB_ARRAYS] = {
    [FL_L1I_4K] = 12, [FL_L1I_2M] = 21, [FL_L1D_4K] = 12, [FL_L1D_2M] = 21, [FL_L1D_1G] = 30, [FL_L2_4K] = 12,
    [FL_L2_2M] = 21, [FL_L2_1G] = 30, [FL_PSC_PDE] = 21, [FL_PSC_PDPTE] = 30, [FL_PSC_PML4E] = 39};

static fl_tlb_error check_shape(const fl_tlb_shape *s) {
    if (s->sets == 0) return FL_TLB_OK;
    if (s->sets > 65536 || (s->sets & (s->sets - 1))) return FL_TLB_E_SETS;
    if (s->ways == 0 || s->ways > 64) return FL_TLB_E_WAYS;
    if (s->replacement == FL_REPLACE_PLRU && (s->ways & (s->ways - 1))) return FL_TLB_E_PLRU_WAYS;
    return FL_TLB_OK;
}

// Words that begin at a cache line, so that a set of 8 ways is one line.
static uint64_t *zeroed(size_t words) {
    const size_t bytes = (words * 8 + 63) & ~(size_t)63;
    uint64_t *memory = aligned_alloc(64, bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

static bool make_array(fl_tlb_array *a, const fl_tlb_shape *s, uint32_t shift) {
    *a = (fl_tlb_array){.shift = shift};
    if (s->sets == 0) return true;
    const size_t entries = (size_t)s->sets * s->ways;
    a->set_mask = s->sets - 1;
    a->ways = s->ways;
    a->replacement = s->replacement;
    a->tags = zeroed(entries);
    a->data = zeroed(entries);
    a->ages = zeroed(s->replacement == FL_REPLACE_LRU ? entries : s->sets);
    return a->tags && a->data && a->ages;
}

static void update_tags(fl_cpu *c) {
    c->tag_bits = FL_TAG_CONTEXT(c->tags_of[c->pcid]);
    // Protection keys depend on the page: then every access is looked at in full. So it is while uses are checked.
    c->fast = !c->paging.pke && !c->checks;
    const uint32_t only_small = 1u << FL_L1I_4K | 1u << FL_L1D_4K | 1u << FL_L2_4K;
    const fl_tlb_array *l1 = c->arrays, *l2 = &c->arrays[FL_L2_4K], *pde = &c->arrays[FL_PSC_PDE];
    c->small = c->fast && !(c->filled & ~only_small) && !c->holds_large && !c->holds_global && l2->tags && pde->tags &&
               l1[FL_L1I_4K].ways == 4 && l1[FL_L1D_4K].ways == 4 && l2->ways == 8 && pde->ways == 4 &&
               l1[FL_L1I_4K].replacement == FL_REPLACE_PLRU && l1[FL_L1D_4K].replacement == FL_REPLACE_PLRU &&
               l2->replacement == FL_REPLACE_PLRU && pde->replacement == FL_REPLACE_PLRU;
    // P, US and A set, G clear (global translations take the long way), nothing reserved; for a write RW and D too.
    c->entry_needed[FL_READ] = c->entry_needed[FL_EXECUTE] = FL_PTE_P | FL_PTE_US | FL_PTE_A;
    c->entry_needed[FL_WRITE] = FL_PTE_P | FL_PTE_US | FL_PTE_A | FL_PTE_RW | FL_PTE_D;
    c->entry_mask = FL_PTE_P | FL_PTE_US | FL_PTE_A | FL_PTE_G | ((1ull << 52) - (1ull << c->paging.physical_bits));
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
    bool made = true;
    for (uint32_t i = 0; i < FL_TLB_ARRAYS; i++) made = make_array(&c->arrays[i], &g->shapes[i], shifts[i]) && made;
    c->tags_of = calloc(FL_PCIDS, sizeof(uint64_t));
    c->psc_tags_of = calloc(FL_PCIDS, sizeof(uint64_t));
    c->roots_of = calloc(FL_PCIDS, sizeof(uint64_t));
    if (!made || !c->tags_of || !c->psc_tags_of || !c->roots_of) {
        fl_cpu_destroy(c);
        return FL_TLB_E_MEMORY;
    }
    c->ram = *ram;
    c->paging = *paging;
    c->unified_l2 = g->unified_l2;
    c->needed[FL_READ] = FL_RIGHT_USER;
    c->needed[FL_WRITE] = FL_RIGHT_USER | FL_RIGHT_WRITE | FL_RIGHT_DIRTY;
    c->needed[FL_EXECUTE] = FL_RIGHT_USER | FL_RIGHT_EXECUTE;
    c->global_tag = ++c->next_tag;
    for (uint32_t i = 0; i < FL_PCIDS; i++) c->tags_of[i] = c->psc_tags_of[i] = ++c->next_tag;
    update_tags(c);
    return FL_TLB_OK;
}

void fl_cpu_destroy(fl_cpu *c) {
    for (uint32_t i = 0; i < FL_TLB_ARRAYS; i++) {
        free(c->arrays[i].tags);
        free(c->arrays[i].data);
        free(c->arrays[i].ages);
        c->arrays[i] = (fl_tlb_array){0};
    }
    free(c->tags_of);
    free(c->psc_tags_of);
    free(c->roots_of);
    c->tags_of = c->psc_tags_of = c->roots_of = 0;
}

// Empties everything for real and begins the generations anew.
static void restart_generations(fl_cpu *c) {
    for (uint32_t i = 0; i < FL_TLB_ARRAYS; i++) {
        fl_tlb_array *a = &c->arrays[i];
        if (a->tags) memset(a->tags, 0, ((size_t)a->set_mask + 1) * a->ways * sizeof *a->tags);
    }
    c->filled = 0;
    c->holds_large = c->holds_global = false;
    c->next_tag = 0;
    c->global_tag = ++c->next_tag;
    for (uint32_t i = 0; i < FL_PCIDS; i++) c->tags_of[i] = c->psc_tags_of[i] = ++c->next_tag;
}

static uint64_t new_tag(fl_cpu *c) {
    if (c->next_tag >= FL_TAG_LIMIT) restart_generations(c);
    return ++c->next_tag;
}

static void flush_context(fl_cpu *c, uint32_t pcid) {
    const uint64_t tag = new_tag(c);
    c->tags_of[pcid] = c->psc_tags_of[pcid] = tag;
    c->counters.flushed_contexts++;
    update_tags(c);
}

static void flush_all(fl_cpu *c, bool globals) {
    if (c->next_tag + FL_PCIDS + 2 >= FL_TAG_LIMIT) {
        // Everything goes, globals too: emptier than asked for is what hardware may do at any time.
        restart_generations(c);
    } else {
        for (uint32_t i = 0; i < FL_PCIDS; i++) c->tags_of[i] = c->psc_tags_of[i] = ++c->next_tag;
        if (globals) c->global_tag = ++c->next_tag;
    }
    c->counters.flushed_all++;
    update_tags(c);
}

static void drop_page(fl_cpu *c, uint64_t address, uint64_t context) {
    for (uint32_t i = 0; i < FL_PSC_PDE; i++) {
        fl_tlb_array *a = &c->arrays[i];
        if (!(c->filled >> i & 1)) continue;
        const uint64_t page = fl_array_page(a, address);
        fl_array_drop(a, page & a->set_mask, page | context);
    }
    if (c->holds_large) {
        fl_tlb_array *a = &c->arrays[FL_L2_4K];
        const uint64_t page = FL_TAG_PAGE(address, 21);
        fl_array_drop(a, page & a->set_mask, page | context | FL_TAG_LARGE);
    }
}

void fl_cpu_invlpg(fl_cpu *c, uint64_t address) {
    c->counters.flushed_pages++;
    if (!fl_is_canonical(address)) return;  // INVLPG of such an address does nothing
    drop_page(c, address, c->tag_bits);
    if (c->holds_global) drop_page(c, address, FL_TAG_CONTEXT(c->global_tag));
    // The manual: all paging-structure entries of the PCID go, whatever the address.
    c->psc_tags_of[c->pcid] = new_tag(c);
    update_tags(c);
}

bool fl_cpu_invpcid(fl_cpu *c, unsigned type, uint64_t pcid, uint64_t address) {
    if (type > FL_INVPCID_NON_GLOBAL || pcid >= FL_PCIDS) return false;
    if (!c->pcide && type <= FL_INVPCID_CONTEXT && pcid != 0) return false;
    switch (type) {
    case FL_INVPCID_ADDRESS:
        if (!fl_is_canonical(address)) return false;
        c->counters.flushed_pages++;
        drop_page(c, address, FL_TAG_CONTEXT(c->tags_of[pcid]));
        c->psc_tags_of[pcid] = new_tag(c);
        update_tags(c);
        break;
    case FL_INVPCID_CONTEXT: flush_context(c, (uint32_t)pcid); break;
    case FL_INVPCID_ALL: flush_all(c, true); break;
    default: flush_all(c, false); break;
    }
    return true;
}

void fl_cpu_load_cr3(fl_cpu *c, uint64_t value) {
    const bool keeps = c->pcide && value >> 63;
    c->pcid = c->pcide ? (uint32_t)(value & (FL_PCIDS - 1)) : 0;
    c->cr3 = value & FL_DATA_ADDRESS;
    c->roots_of[c->pcid] = c->cr3;
    if (!keeps) flush_context(c, c->pcid);
    update_tags(c);
}

void fl_cpu_set_controls(fl_cpu *c, const fl_paging *paging, bool pcide, bool pge) {
    const fl_paging old = c->paging;
    const bool everything = pge != c->pge || (c->pcide && !pcide) || old.wp != paging->wp || old.nxe != paging->nxe;
    const bool context = !old.smep && paging->smep;
    c->paging = *paging;
    c->pge = pge;
    if (c->pcide && !pcide) c->pcid = 0;
    c->pcide = pcide;
    if (everything) flush_all(c, true);
    else if (context) flush_context(c, c->pcid);
    update_tags(c);
}

// Groups as large as the fill buffers of a core keep under way.
#define FL_BATCH 16

static void prefetch_sets(const fl_cpu *c, uint64_t address, unsigned l1) {
    const fl_tlb_array *a = &c->arrays[l1], *b = &c->arrays[FL_L2_4K];
    const uint64_t page = FL_TAG_PAGE(address, 12);
    __builtin_prefetch(a->tags + (page & a->set_mask) * a->ways);
    if (b->tags) {
        __builtin_prefetch(b->tags + (page & b->set_mask) * b->ways);
        __builtin_prefetch(b->data + (page & b->set_mask) * b->ways);
    }
}

// Where a walk would read its last entry, if a paging-structure cache knows the table.
static void prefetch_entry(const fl_cpu *c, uint64_t address) {
    const fl_tlb_array *a = &c->arrays[FL_PSC_PDE];
    if (!a->tags) return;
    const uint64_t page = fl_array_page(a, address), set = page & a->set_mask;
    const uint32_t way = fl_array_find(a, set, page | FL_TAG_CONTEXT(c->psc_tags_of[c->pcid]));
    if (way == a->ways) return;
    const uint64_t table = a->data[set * a->ways + way] & FL_DATA_ADDRESS;
    if (table < c->ram.bytes) __builtin_prefetch(c->ram.base + table + ((address >> 12 & 511) << 3));
}

void fl_cpu_translate_batch(fl_cpu *c, const fl_batch_access *accesses, fl_translation *results, uint64_t count) {
    for (uint64_t first = 0; first < count; first += FL_BATCH) {
        const uint64_t end = first + FL_BATCH < count ? first + FL_BATCH : count;
        for (uint64_t i = first; i < end; i++)
            prefetch_sets(c, accesses[i].address, accesses[i].kind == FL_EXECUTE ? FL_L1I_4K : FL_L1D_4K);
        for (uint64_t i = first; i < end; i++) prefetch_entry(c, accesses[i].address);
        for (uint64_t i = first; i < end; i++) {
            const fl_batch_access *a = &accesses[i];
            results[i] = a->user ? fl_cpu_translate(c, a->address, (fl_access_kind)a->kind)
                                 : fl_cpu_translate_slow(c, a->address, (fl_access_kind)a->kind, false);
        }
    }
}
