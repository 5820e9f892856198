// What a page fault invalidates (Intel SDM vol. 3A, 4.10.4.1): the page's translations, and the paging-structure entries that
// its walk would use, so that a fault does not come again if the tables do not ask for it.
//
// Faults are frequent, and the tables seldom say something else than these entries. So they stay until the same fault does
// come again, which is when it matters.
#include "pte.h"
#include "tlb_internal.h"

// Drops the address's paging-structure entries, but for those that say what a walk of all levels has just found: these it
// may have cached anew. Returns whether one was dropped.
static bool drop_structures(fl_cpu *c, uint64_t address, const fl_walk *whole) {
    bool dropped = false;
    for (unsigned level = 1; level <= 3; level++) {
        fl_tlb_array *a = &c->arrays[FL_PSC_PDE + level - 1];
        if (!a->entries) continue;
        const uint64_t page = fl_array_page(a, address), set = page & a->set_mask;
        const uint32_t way = fl_array_find(a, set, page | c->psc_bits);
        if (way == a->ways) continue;
        const fl_walk_start cached = fl_start_at(fl_array_data(a, set)[way], level);
        if (whole->level <= level && whole->tables[level] == cached.table && whole->table_rights[level] == cached.rights)
            continue;
        fl_array_set_tag(a, set, way, 0);
        dropped = true;
    }
    return dropped;
}

// The translations for accesses of the other kind. Those for this kind were found before the walk, and dropped.
static void drop_other_kind(fl_cpu *c, uint64_t address, fl_access_kind kind) {
    static const uint8_t code[] = {FL_L1I_4K, FL_L1I_2M}, data[] = {FL_L1D_4K, FL_L1D_2M, FL_L1D_1G};
    const uint8_t *ids = kind == FL_EXECUTE ? data : code;
    for (unsigned i = 0; i < (kind == FL_EXECUTE ? 3 : 2); i++) {
        if (!(c->filled >> ids[i] & 1)) continue;
        fl_tlb_array *a = &c->arrays[ids[i]];
        const uint64_t page = fl_array_page(a, address);
        fl_array_drop(a, page & a->set_mask, page | c->tag_bits);
    }
}

void fl_settle_fault(fl_cpu *c, fl_walk_start *start, uint64_t address, fl_access_kind kind, bool user, fl_walk *walk) {
    drop_other_kind(c, address, kind);
    const uint64_t page = (address & ~(FL_PAGE_SIZE - 1)) | c->pcid;
    const bool came_again = c->faulted == page;
    c->faulted = page;
    if (!came_again || start->level == 4) return;
    fl_walk whole = {0};
    const fl_walk_start top = {.table = c->cr3 & FL_PTE_ADDR_MASK, .rights = FL_RIGHTS_ALL, .level = 4};
    fl_walk_from(&c->ram, &c->paging, top, address, kind, user, true, &whole);
    if (!drop_structures(c, address, &whole)) return;
    *start = top;
    *walk = whole;
}
