// The common path of a machine of 4 KiB pages: arrays of 4, 8 and 4 ways with tree PLRU, no global pages. Compiled once for
// any processor and once for AVX2; the includer defines FL_QUICK(name), `match4` and `match8`. The code is straight and short,
// so that an out-of-order host overlaps simulated misses.

static inline __attribute__((always_inline)) void FL_QUICK(fill_first)(fl_cpu *c, fl_tlb_set *set, uint64_t address,
                                                                        uint64_t data) {
    const uint64_t tree = set->tree;
    const fl_plru_step step = fl_plru4[tree];
    set->pages[step.victim] = (uint32_t)(address >> 16);
    set->contexts[step.victim] = c->contexts[0];
    set->data[step.victim] = data;
    set->tree = step.next;
}

// Where the second level looks for a page.
typedef struct FL_QUICK(second_place) {
    const fl_tlb_array *array;
    uint64_t *entries;  // of the set
    uint64_t set;
    uint64_t tag;
} FL_QUICK(second_place);

static inline __attribute__((always_inline)) FL_QUICK(second_place) FL_QUICK(place)(const fl_cpu *c, uint64_t address) {
    const fl_tlb_array *l2 = &c->arrays[FL_L2_4K];
    const uint64_t page = address >> 12, set = page & l2->set_mask;
    return (FL_QUICK(second_place)){l2, l2->entries + set * 16, set, page | c->tag_bits};
}

static inline __attribute__((always_inline)) void FL_QUICK(fill_second)(FL_QUICK(second_place) place, uint64_t data) {
    uint8_t *tree = &place.array->trees[place.set];
    const fl_plru_step step = fl_plru8[*tree];
    uint64_t *at = place.entries + step.victim;
    at[0] = place.tag;
    at[8] = data;
    *tree = step.next;
}

static inline uint8_t FL_QUICK(touched8)(uint8_t tree, unsigned way) {
    static const uint8_t keep[8] = {116, 116, 108, 108, 90, 90, 58, 58};
    static const uint8_t put[8] = {11, 3, 17, 1, 36, 4, 64, 0};
    return (tree & keep[way]) | put[way];
}

// Precondition: the table lies in RAM, as all in the paging-structure caches do. An entry spans 1 << `shift`.
static inline uint64_t FL_QUICK(read_entry)(const fl_cpu *c, uint64_t table, uint64_t address, unsigned shift) {
    const uint8_t *at = c->ram.base + (table & FL_PTE_ADDR_MASK) + (address >> (shift - 3) & 511 << 3);
    return *(const uint64_t *)(const void *)at;
}

// A page fault that a page-table entry causes. It drops the page from the TLB for the other kind of access. A repeated fault
// takes the general path, since a stale table may cause it (tlb_fault.c).
static inline __attribute__((always_inline)) fl_translation FL_QUICK(fault)(fl_cpu *c, uint64_t address, fl_tlb_quick *q,
                                                                             fl_tlb_set *first, uint32_t present) {
    const uint64_t page = (address & ~(FL_PAGE_SIZE - 1)) | c->pcid;
    if (c->faulted == page) return fl_cpu_general_walk(c, address, q, first);
    c->faulted = page;
    fl_tlb_set *other = fl_set_of(&c->quick[q == &c->quick[FL_EXECUTE] ? FL_READ : FL_EXECUTE], address);
    const unsigned match = fl_set_match(c, other, address);
    if (match) other->contexts[__builtin_ctz(match)] = 0;
    q->refusals++;
    return (fl_translation){0, q->absent | present, FL_WALK_PAGE_FAULT};
}

// An entry of a page table that does not answer at once.
__attribute__((noinline)) static fl_translation FL_QUICK(odd_entry)(fl_cpu *c, uint64_t address, fl_tlb_quick *q,
                                                                    fl_tlb_set *first) {
    const uint64_t table = c->recent.data;
    const uint64_t data = fl_walk_data(FL_QUICK(read_entry)(c, table, address, 12), table);
    // A page that is not present has no rights that matter.
    if (data & FL_PTE_P) return FL_QUICK(fault)(c, address, q, first, 0);
    if (!(data & c->reserved) && data & q->rights) return FL_QUICK(fault)(c, address, q, first, FL_PF_P);
    return fl_cpu_general_walk(c, address, q, first);
}

// Finds the page directory in the cache of PDPT entries and notes the use there.
static inline __attribute__((always_inline)) bool FL_QUICK(known_directory)(fl_cpu *c, uint64_t address,
                                                                             uint64_t *directory) {
    const uint64_t top = address >> 30, tag = top | c->psc_bits;
    *directory = c->recent_top.data;
    if (__builtin_expect(c->recent_top.tag == tag, 1)) return true;
    const fl_tlb_array *pdpte = &c->arrays[FL_PSC_PDPTE];
    const uint64_t set = top & pdpte->set_mask, *entries = pdpte->entries + set * 8;
    const unsigned known = match4(entries, tag);
    if (!known) return false;
    const uint64_t way = (uint64_t)__builtin_ctz(known);
    *directory = entries[4 + way];
    pdpte->trees[set] = fl_plru4_touched(pdpte->trees[set], way);
    c->recent_top.tag = tag;
    c->recent_top.data = *directory;
    return true;
}

// Precondition: the array has 4 ways, and not the tag.
static inline void FL_QUICK(fill_structure)(const fl_tlb_array *a, uint64_t page, uint64_t tag, uint64_t table) {
    const uint64_t set = page & a->set_mask;
    const fl_plru_step step = fl_plru4[a->trees[set]];
    uint64_t *at = a->entries + set * 8 + step.victim;
    at[0] = tag;
    at[4] = table;
    a->trees[set] = step.next;
}

// Reads an entry that names a table, below one with the data `above`; false where the general path must.
static inline bool FL_QUICK(table_of)(const fl_cpu *c, uint64_t entry, uint64_t above, uint64_t *table) {
    // Rights do not matter here; whatever else stops a walk does.
    const uint64_t wrong = entry ^ FL_GRANTS;
    *table = (wrong & FL_DIRECTORY_MASK) | (above & FL_DENIALS);
    return !(wrong & c->directory_denied) && (*table & FL_PTE_ADDR_MASK) < c->ram.bytes;
}

// No page directory is known: walks from the PML4, or a PDPT that is known.
__attribute__((noinline)) static fl_translation FL_QUICK(walk_of_more)(fl_cpu *c, uint64_t address, fl_tlb_quick *q,
                                                                       fl_tlb_set *first) {
    const fl_tlb_array *pml4e = &c->arrays[FL_PSC_PML4E];
    const uint64_t top = address >> 39, set = top & pml4e->set_mask, *entries = pml4e->entries + set * 8;
    const unsigned known = match4(entries, top | c->psc_bits);
    uint64_t pdpt, directory, table;
    if (known) {
        pdpt = entries[4 + (unsigned)__builtin_ctz(known)];
    } else {
        if ((c->cr3 & FL_PTE_ADDR_MASK) >= c->ram.bytes) FL_TAIL return fl_cpu_general_walk(c, address, q, first);
        const uint64_t entry = FL_QUICK(read_entry)(c, c->cr3, address, 39);
        if (entry & FL_PTE_G || !FL_QUICK(table_of)(c, entry, 0, &pdpt)) FL_TAIL return fl_cpu_general_walk(c, address, q, first);
    }
    if (!FL_QUICK(table_of)(c, FL_QUICK(read_entry)(c, pdpt, address, 30), pdpt, &directory) ||
        !FL_QUICK(table_of)(c, FL_QUICK(read_entry)(c, directory, address, 21), directory, &table))
        FL_TAIL return fl_cpu_general_walk(c, address, q, first);
    const uint64_t data = fl_walk_data(FL_QUICK(read_entry)(c, table, address, 12), table);
    if (data & q->walk_denied) FL_TAIL return fl_cpu_general_walk(c, address, q, first);
    if (known) pml4e->trees[set] = fl_plru4_touched(pml4e->trees[set], (unsigned)__builtin_ctz(known));
    else FL_QUICK(fill_structure)(pml4e, top, top | c->psc_bits, pdpt);
    c->recent_top = (fl_recent_entry){address >> 30 | c->psc_bits, directory};
    c->recent = (fl_recent_entry){address >> 21 | c->psc_bits, table};
    FL_QUICK(fill_structure)(&c->arrays[FL_PSC_PDPTE], address >> 30, c->recent_top.tag, directory);
    FL_QUICK(fill_structure)(&c->arrays[FL_PSC_PDE], address >> 21, c->recent.tag, table);
    FL_QUICK(fill_second)(FL_QUICK(place)(c, address), data);
    FL_QUICK(fill_first)(c, first, address, data);
    q->walks[known ? 2 : 3]++;
    return fl_translated(data, address);
}

// No page table is known: finds it through an entry of a known page directory; the general path does all else.
__attribute__((noinline)) static fl_translation FL_QUICK(walk_of_two)(fl_cpu *c, uint64_t address, fl_tlb_quick *q,
                                                                      fl_tlb_set *first) {
    uint64_t directory, table;
    if (!FL_QUICK(known_directory)(c, address, &directory)) FL_TAIL return FL_QUICK(walk_of_more)(c, address, q, first);
    if (!FL_QUICK(table_of)(c, FL_QUICK(read_entry)(c, directory, address, 21), directory, &table))
        FL_TAIL return fl_cpu_general_walk(c, address, q, first);
    const uint64_t data = fl_walk_data(FL_QUICK(read_entry)(c, table, address, 12), table);
    if (data & q->walk_denied) FL_TAIL return fl_cpu_general_walk(c, address, q, first);
    FL_QUICK(fill_first)(c, first, address, data);
    FL_QUICK(fill_second)(FL_QUICK(place)(c, address), data);
    c->recent.tag = address >> 21 | c->psc_bits;
    c->recent.data = table;
    FL_QUICK(fill_structure)(&c->arrays[FL_PSC_PDE], address >> 21, c->recent.tag, table);
    q->walks[1]++;
    return fl_translated(data, address);
}

// Finds the table of a page in the cache of page directory entries and notes the use there.
static inline __attribute__((always_inline)) bool FL_QUICK(known_table)(fl_cpu *c, uint64_t address, uint64_t *table) {
    const uint64_t tag = address >> 21 | c->psc_bits;
    *table = c->recent.data;
    if (c->recent.tag == tag) return true;
    const fl_tlb_array *pde = &c->arrays[FL_PSC_PDE];
    const uint64_t set = address >> 21 & pde->set_mask;
    const uint64_t *entries = pde->entries + set * 8;
    unsigned known = match4(entries, tag);
    __asm__("" : "+r"(known));
    if (__builtin_expect(!known, 0)) return false;
    const uint64_t way = (uint64_t)__builtin_ctz(known);
    *table = entries[4 + way];
    pde->trees[set] = fl_plru4_touched(pde->trees[set], way);
    c->recent.tag = tag;
    c->recent.data = *table;
    return true;
}

// Precondition: no TLB holds the page.
static inline __attribute__((always_inline)) fl_translation FL_QUICK(walk)(fl_cpu *c, uint64_t address, fl_tlb_quick *q,
                                                                            fl_tlb_set *first,
                                                                            FL_QUICK(second_place) second) {
    uint64_t table;
    if (__builtin_expect(!FL_QUICK(known_table)(c, address, &table), 0))
        return FL_QUICK(walk_of_two)(c, address, q, first);
    const uint64_t data = fl_walk_data(FL_QUICK(read_entry)(c, table, address, 12), table);
    if (__builtin_expect((data & q->walk_denied) != 0, 0)) return FL_QUICK(odd_entry)(c, address, q, first);
    FL_QUICK(fill_second)(second, data);
    FL_QUICK(fill_first)(c, first, address, data);
    q->walks[0]++;
    return fl_translated(data, address);
}

fl_translation FL_QUICK(fl_cpu_small_walk)(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *first) {
    return FL_QUICK(walk)(c, address, q, first, FL_QUICK(place)(c, address));
}

__attribute__((noinline)) static fl_translation FL_QUICK(second_level_hit)(fl_cpu *c, uint64_t address, fl_tlb_quick *q,
                                                                           fl_tlb_set *first) {
    const FL_QUICK(second_place) place = FL_QUICK(place)(c, address);
    const unsigned way = (unsigned)__builtin_ctz(match8(place.entries, place.tag));
    const uint64_t data = place.entries[8 + way];
    if (data & q->denied) {
        place.entries[way] = 0;
        FL_TAIL return FL_QUICK(fl_cpu_small_walk)(c, address, q, first);
    }
    uint8_t *tree = &place.array->trees[place.set];
    *tree = FL_QUICK(touched8)(*tree, way);
    FL_QUICK(fill_first)(c, first, address, data);
    q->second++;
    return fl_translated(data, address);
}

fl_translation FL_QUICK(fl_cpu_small_miss)(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *first) {
    const FL_QUICK(second_place) second = FL_QUICK(place)(c, address);
    if (match8(second.entries, second.tag)) FL_TAIL return FL_QUICK(second_level_hit)(c, address, q, first);
    return FL_QUICK(walk)(c, address, q, first, second);
}

fl_translation FL_QUICK(fl_cpu_small_refused)(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *first) {
    first->contexts[__builtin_ctz(fl_set_match(c, first, address))] = 0;
    FL_TAIL return FL_QUICK(fl_cpu_small_miss)(c, address, q, first);
}
