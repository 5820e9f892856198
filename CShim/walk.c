#include "walk.h"

static inline uint32_t base_code(const fl_paging *p, fl_access_kind kind, bool user) {
    uint32_t code = user ? FL_PF_U : 0;
    if (kind == FL_WRITE) code |= FL_PF_W;
    if (kind == FL_EXECUTE && (p->nxe || p->smep)) code |= FL_PF_I;
    return code;
}

uint32_t fl_violation(const fl_paging *p, uint64_t rights, fl_access_kind kind, bool user) {
    const uint32_t code = base_code(p, kind, user) | FL_PF_P;
    const bool is_user_page = rights & FL_PTE_US;
    bool denied = user && !is_user_page;
    if (kind == FL_EXECUTE) {
        denied = denied || (rights & FL_PTE_NX) || (!user && is_user_page && p->smep);
        return denied ? code : 0;  // protection keys and SMAP are about data
    }
    if (kind == FL_WRITE && !(rights & FL_PTE_RW) && (user || p->wp)) denied = true;
    if (!user && is_user_page && p->smap && !p->ac) denied = true;
    if (p->pke && is_user_page) {
        const uint32_t key = (uint32_t)(rights >> FL_PTE_KEY_SHIFT) & 15;
        const uint32_t pair = p->pkru >> (2 * key) & 3;
        // AD denies all data accesses; WD denies writes, a supervisor's only where WP is set.
        if ((pair & 1) || ((pair & 2) && kind == FL_WRITE && (user || p->wp))) return code | FL_PF_PK;
    }
    return denied ? code : 0;
}

static inline uint64_t reserved_bits(const fl_paging *p, unsigned level, bool leaf) {
    uint64_t reserved = (1ull << 52) - (1ull << p->physical_bits);
    if (!p->nxe) reserved |= FL_PTE_NX;
    if (level == 4) {
        reserved |= FL_PTE_PS;
        if (p->reserves_global_in_pml4) reserved |= FL_PTE_G;
    }
    if (level == 3 && !p->gigabyte_pages) reserved |= FL_PTE_PS;
    // Bit 12 of a large page's entry is PAT; the address bits above it up to the page size are reserved.
    if (leaf && level > 1) reserved |= (1ull << (3 + 9 * level)) - (1ull << 13);
    return reserved;
}

void fl_walk_from(const fl_ram *ram, const fl_paging *p, fl_walk_start start, uint64_t address, fl_access_kind kind,
                  bool user, bool marks, fl_walk *walk) {
    uint64_t *used[5];
    uint64_t table = start.table;
    uint64_t rights = start.rights;
    walk->loads = 0;
    walk->error = 0;
    for (unsigned level = start.level;; level--) {
        walk->level = (uint8_t)level;
        if (table >= ram->bytes) {
            walk->status = FL_WALK_OUTSIDE_RAM;
            return;
        }
        if (level < 4) {
            walk->tables[level] = table;
            walk->table_rights[level] = rights;
        }
        const unsigned shift = 3 + 9 * level;
        uint64_t *slot = (uint64_t *)(void *)(ram->base + table) + (address >> shift & 511);
        const uint64_t entry = *slot;
        walk->loads++;
        if (!(entry & FL_PTE_P)) {
            walk->status = FL_WALK_PAGE_FAULT;
            walk->error = base_code(p, kind, user);
            return;
        }
        const bool leaf = level == 1 || (level < 4 && (entry & FL_PTE_PS));
        if (entry & reserved_bits(p, level, leaf)) {
            walk->status = FL_WALK_PAGE_FAULT;
            walk->error = base_code(p, kind, user) | FL_PF_P | FL_PF_RSVD;
            return;
        }
        used[level] = slot;
        rights = fl_narrowed(rights, entry);
        if (!leaf) {
            table = entry & FL_PTE_ADDR_MASK;
            continue;
        }
        rights |= entry & FL_PTE_KEY_MASK;
        walk->error = fl_violation(p, rights, kind, user);
        if (walk->error) {
            walk->status = FL_WALK_PAGE_FAULT;
            walk->rights = rights;
            return;
        }
        if (marks) {
            for (unsigned l = start.level; l > level; l--)
                if (!(*used[l] & FL_PTE_A)) *used[l] |= FL_PTE_A;
            const uint64_t wanted = kind == FL_WRITE ? FL_PTE_A | FL_PTE_D : FL_PTE_A;
            if ((entry & wanted) != wanted) *slot = entry | wanted;
        }
        if (kind == FL_WRITE) rights |= FL_PTE_D;
        rights |= entry & (FL_PTE_D | FL_PTE_G);
        const uint64_t offset = (1ull << shift) - 1;
        walk->physical = (entry & FL_PTE_ADDR_MASK & ~offset) | (address & offset);
        walk->rights = rights;
        walk->shift = (uint8_t)shift;
        walk->status = FL_WALK_OK;
        return;
    }
}

void fl_walk_tables(const fl_ram *ram, const fl_paging *p, uint64_t root, uint64_t address, fl_access_kind kind,
                    bool user, fl_walk *walk) {
    if (!fl_is_canonical(address)) {
        walk->status = FL_WALK_NOT_CANONICAL;
        walk->level = 4;
        walk->loads = 0;
        walk->error = 0;
        return;
    }
    const fl_walk_start start = {.table = root & FL_PTE_ADDR_MASK, .rights = FL_RIGHTS_ALL, .level = 4};
    fl_walk_from(ram, p, start, address, kind, user, true, walk);
}
