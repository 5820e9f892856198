// The coherence check of paging-structure entries: a walk that begins at one must not miss what changed above it.
#include "pte.h"
#include "tlb_internal.h"

// What the tables say now of the table that a cached entry names; 0 where they still lead there.
static uint32_t staleness(const fl_cpu *c, uint64_t root, uint64_t address, const fl_walk_start *cached,
                          uint64_t *current) {
    fl_paging all = c->paging;
    all.smap = all.smep = all.pke = false;
    const fl_walk_start top = {.table = root & FL_PTE_ADDR_MASK, .rights = FL_RIGHTS_ALL, .level = 4};
    fl_walk w;
    fl_walk_from(&c->ram, &all, top, address, FL_READ, false, false, &w);
    *current = 0;
    if (w.level > cached->level) return w.status == FL_WALK_OK ? FL_STALE_SIZE : FL_STALE_UNMAPPED;
    // A table outside RAM: it was noted by nobody, and is not the one that was walked.
    if (w.level == cached->level && w.status == FL_WALK_OUTSIDE_RAM) return FL_STALE_MOVED;
    *current = w.tables[cached->level];
    if (*current != cached->table) return FL_STALE_MOVED;
    return fl_allows_more(&c->paging, cached->rights, w.table_rights[cached->level]) ? FL_STALE_RIGHTS : 0;
}

static bool examine(const fl_cpu *c, uint32_t pcid, uint64_t address, const fl_walk_start *cached, fl_stale_use *stale) {
    uint64_t current;
    const uint32_t change = staleness(c, c->roots_of[pcid], address, cached, &current);
    if (!change) return false;
    *stale = (fl_stale_use){.address = address, .cpu = c->number, .context = pcid, .cached = cached->table,
                            .current = current, .level = cached->level, .change = change};
    return true;
}

void fl_check_start(fl_cpu *c, uint64_t address, const fl_walk_start *start) {
    if (examine(c, c->pcid, address, start, &c->last_stale)) c->counters.stale_uses++;
}

// The PCID whose paging-structure entries have the context now; FL_PCIDS for one that was flushed.
static uint32_t owner(const fl_cpu *c, uint64_t context) {
    if (context == c->psc_bits) return c->pcid;
    uint32_t pcid = 0;
    while (pcid < FL_PCIDS && FL_TAG_CONTEXT(c->psc_tags_of[pcid]) != context) pcid++;
    return pcid;
}

bool fl_find_stale_structure(const fl_cpu *c, uint64_t end, uint64_t skipped, fl_stale_use *stale) {
    for (unsigned level = 1; level <= 3; level++) {
        const fl_tlb_array *a = &c->arrays[FL_PSC_PDE + level - 1];
        for (uint64_t i = 0; a->entries && i < ((uint64_t)a->set_mask + 1) * a->ways; i++) {
            const uint64_t tag = fl_array_tag(a, i / a->ways, (uint32_t)(i % a->ways));
            if (!tag) continue;
            const uint64_t page = tag & ((1ull << 36) - 1);
            const uint32_t pcid = owner(c, tag & ~((1ull << 36) - 1));
            if (pcid == FL_PCIDS || fl_skips(skipped, pcid)) continue;
            const fl_walk_start cached = fl_start_at(fl_array_data(a, i / a->ways)[i % a->ways], level);
            const uint64_t address = (uint64_t)((int64_t)(page << (a->shift + 16)) >> 16);
            if (address < end && examine(c, pcid, address, &cached, stale)) return true;
        }
    }
    return false;
}
