// Many walks at once: a level at a time, the entries of the next level fetched while the others of the group are looked at.
#include "walk.h"

// What a host core keeps under way, and what stays in its first-level cache until the walks themselves read it.
#define GROUP 32

#define NO_TABLE (~0ull)

// The table that an entry names, with the slot in it under way; NO_TABLE where the walk ends here, in whatever way.
static uint64_t look_ahead(const fl_ram *ram, uint64_t table, uint64_t address, unsigned level) {
    const uint64_t *entries = (const uint64_t *)(const void *)(ram->base + table);
    const uint64_t entry = entries[address >> (3 + 9 * level) & 511];
    const uint64_t next = entry & FL_PTE_ADDR_MASK;
    if (!(entry & FL_PTE_P) || (level < 4 && entry & FL_PTE_PS) || next >= ram->bytes) return NO_TABLE;
    __builtin_prefetch(ram->base + next + (address >> (3 + 9 * (level - 1)) & 511) * 8);
    return next;
}

static void walk_group(const fl_ram *ram, const fl_paging *p, uint64_t root, const fl_batch_access *accesses,
                       fl_walk *walks, unsigned count) {
    uint64_t tables[GROUP];
    for (unsigned i = 0; i < count; i++) tables[i] = root < ram->bytes ? root : NO_TABLE;
    for (unsigned level = 4; level > 1; level--)
        for (unsigned i = 0; i < count; i++)
            if (tables[i] != NO_TABLE) tables[i] = look_ahead(ram, tables[i], accesses[i].address, level);
    for (unsigned i = 0; i < count; i++)
        fl_walk_tables(ram, p, root, accesses[i].address, (fl_access_kind)accesses[i].kind, accesses[i].user, &walks[i]);
}

void fl_walk_batch(const fl_ram *ram, const fl_paging *p, uint64_t root, const fl_batch_access *accesses, fl_walk *walks,
                   uint64_t count) {
    root &= FL_PTE_ADDR_MASK;
    for (uint64_t i = 0; i < count; i += GROUP)
        walk_group(ram, p, root, accesses + i, walks + i, count - i < GROUP ? (unsigned)(count - i) : GROUP);
}
