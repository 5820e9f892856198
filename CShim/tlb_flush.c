// All that flushes a CPU's TLBs (Intel SDM vol. 3A, 4.10.4).
#include <string.h>

#include "pte.h"
#include "tlb_internal.h"

// Empties everything for real and begins the generations anew.
static void restart_generations(fl_cpu *c) {
    (void)fl_cpu_counters(c);  // the sets' part is in what is emptied
    for (uint32_t i = 0; i < FL_TLB_ARRAYS; i++) {
        fl_tlb_array *a = &c->arrays[i];
        const size_t set_bytes = a->sets ? sizeof *a->sets : a->ways * 2 * sizeof *a->entries;
        if (a->entries) memset(a->entries, 0, ((size_t)a->set_mask + 1) * set_bytes);
    }
    c->recent.tag = c->recent_top.tag = 0;
    c->filled = FL_ALWAYS_FILLED;
    c->holds_large = c->holds_global = false;
    c->next_tag = 0;
    c->global_tag = ++c->next_tag;
    for (uint32_t i = 0; i < FL_PCIDS; i++) c->tags_of[i] = c->psc_tags_of[i] = ++c->next_tag;
    fl_cpu_update_paths(c);
}

static uint64_t new_tag(fl_cpu *c) {
    if (c->next_tag >= FL_TAG_LIMIT) restart_generations(c);
    return ++c->next_tag;
}

static void flush_context(fl_cpu *c, uint32_t pcid) {
    const uint64_t tag = new_tag(c);
    c->tags_of[pcid] = c->psc_tags_of[pcid] = tag;
    c->counters.flushed_contexts++;
    fl_cpu_update_tags(c);
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
    fl_cpu_update_tags(c);
}

// A 1 GiB translation may lie in the instruction TLB in pieces: all go (4.10.4.1).
static void drop_pieces(fl_cpu *c, uint64_t address, uint64_t context) {
    const fl_tlb_array *a = &c->arrays[FL_L1I_2M];
    const uint64_t wanted = FL_TAG_PAGE(address, 30) << 9 | context;
    for (uint64_t set = 0; set <= a->set_mask; set++)
        for (uint32_t way = 0; way < a->ways; way++) {
            uint64_t *tag = fl_array_tags(a, set) + way;
            if ((*tag & ~511ull) == wanted && fl_array_data(a, set)[way] & FL_DATA_PIECE) *tag = 0;
        }
}

// The same as below where all that TLBs hold is of 4 KiB and in the usual arrays.
static void drop_usual(fl_cpu *c, uint64_t address, uint64_t context) {
    const uint64_t page = FL_TAG_PAGE(address, 12);
    static const uint8_t split[] = {FL_L1I_4K, FL_L1D_4K};
    for (unsigned i = 0; i < 2; i++) {
        const fl_tlb_array *a = &c->arrays[split[i]];
        fl_tlb_set *set = &a->sets[page & a->set_mask];
        for (unsigned way = 0; way < 4; way++) {
            const bool same = set->pages[way] == (uint32_t)(page >> 4) && set->contexts[way] == (uint32_t)(context >> 32);
            set->contexts[way] = same ? 0 : set->contexts[way];
        }
    }
    const fl_tlb_array *a = &c->arrays[FL_L2_4K];
    uint64_t *tags = fl_array_tags(a, page & a->set_mask);
    for (unsigned way = 0; way < 8; way++) tags[way] = tags[way] == (page | context) ? 0 : tags[way];
}

static void drop_page(fl_cpu *c, uint64_t address, uint64_t context) {
    if (c->miss != fl_cpu_general_miss) return drop_usual(c, address, context);
    for (uint32_t i = 0; i < FL_PSC_PDE; i++) {
        fl_tlb_array *a = &c->arrays[i];
        if (!(c->filled >> i & 1)) continue;
        const uint64_t page = fl_array_page(a, address);
        fl_array_drop(a, page & a->set_mask, page | context);
    }
    if (c->filled >> FL_L1I_2M & 1) drop_pieces(c, address, context);
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
    fl_cpu_update_tags(c);
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
        fl_cpu_update_tags(c);
        break;
    case FL_INVPCID_CONTEXT: flush_context(c, (uint32_t)pcid); break;
    case FL_INVPCID_ALL: flush_all(c, true); break;
    default: flush_all(c, false); break;
    }
    return true;
}

bool fl_cpu_load_cr3(fl_cpu *c, uint64_t value) {
    const bool keeps = value >> 63;
    if (keeps && !c->pcide) return false;
    if ((value & ~(1ull << 63)) >> c->paging.physical_bits) return false;
    c->pcid = c->pcide ? (uint32_t)(value & (FL_PCIDS - 1)) : 0;
    // Bits 0 to 11 stay: while they are not 0, CR4.PCIDE cannot be set.
    c->cr3 = value & ~(1ull << 63);
    c->roots_of[c->pcid] = c->cr3;
    if (!keeps) flush_context(c, c->pcid);
    fl_cpu_update_tags(c);
    return true;
}

bool fl_cpu_set_controls(fl_cpu *c, const fl_paging *paging, bool pcide, bool pge) {
    if (!fl_is_possible(paging) || (pcide && !c->pcide && c->cr3 & (FL_PCIDS - 1))) return false;
    const fl_paging old = c->paging;
    // CR0.WP, CR4.SMAP and CR4.PKE flush nothing: rights are cached, and every use checks them against the current bits.
    // EFER.NXE says whether bit 63 is a right at all: no manual has it flush, none forbids that.
    const bool everything = pge != c->pge || (c->pcide && !pcide) || old.nxe != paging->nxe;
    const bool context = !old.smep && paging->smep;
    c->paging = *paging;
    c->pge = pge;
    if (c->pcide && !pcide) c->pcid = 0;
    c->pcide = pcide;
    if (everything) flush_all(c, true);
    else if (context) {
        // "All TLB entries", without the exception for global ones that MOV to CR3 has.
        if (c->holds_global) c->global_tag = new_tag(c);
        flush_context(c, c->pcid);
    }
    fl_cpu_update_tags(c);
    fl_cpu_update_paths(c);
    return true;
}

void fl_cpu_write_pkru(fl_cpu *c, uint32_t value) { c->paging.pkru = value; }

void fl_cpu_check_uses(fl_cpu *c, bool checks) {
    c->checks = checks;
    fl_cpu_update_paths(c);
}
