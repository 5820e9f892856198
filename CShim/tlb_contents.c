// What the arrays hold, for those who look: nothing is used, and no replacement changes.
#include "tlb_internal.h"

// The PCID whose entries have the context now; FL_PCIDS for one that was flushed.
static uint32_t owner(const fl_cpu *c, const uint64_t *tags, uint64_t context) {
    if (context == FL_TAG_CONTEXT(tags[c->pcid])) return c->pcid;
    uint32_t pcid = 0;
    while (pcid < FL_PCIDS && FL_TAG_CONTEXT(tags[pcid]) != context) pcid++;
    return pcid;
}

bool fl_cpu_cached(const fl_cpu *c, fl_tlb_array_id id, uint64_t set, uint32_t way, fl_cached *cached) {
    const fl_tlb_array *a = &c->arrays[id];
    if (!a->entries || set > a->set_mask || way >= a->ways) return false;
    const uint64_t tag = fl_array_tag(a, set, way);
    if (!tag) return false;
    const uint64_t context = tag & ~((1ull << 36) - 1) & ~FL_TAG_LARGE;
    const bool structure = id >= FL_PSC_PDE;
    const bool global = !structure && context == FL_TAG_CONTEXT(c->global_tag);
    const uint32_t pcid = global ? c->pcid : owner(c, structure ? c->psc_tags_of : c->tags_of, context);
    if (pcid == FL_PCIDS) return false;
    const uint32_t shift = !structure && tag & FL_TAG_LARGE ? 21 : a->shift;
    const uint64_t page = tag & ((1ull << 36) - 1);
    const uint64_t data = fl_array_data(a, set)[way];
    *cached = (fl_cached){.address = (uint64_t)((int64_t)(page << (shift + 16)) >> 16), .frame = data & FL_PTE_ADDR_MASK,
                          .rights = structure ? fl_start_at(data, 1).rights : fl_data_rights(data), .pcid = pcid,
                          .shift = shift, .global = global};
    return true;
}
