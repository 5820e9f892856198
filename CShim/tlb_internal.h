// Shared by the files of the TLB alone.
#ifndef FAULTLINE_TLB_INTERNAL_H
#define FAULTLINE_TLB_INTERNAL_H

#include "pte.h"
#include "tlb.h"

// A tag: bit 63 valid, bit 62 a 2 MiB translation in a unified L2, bits 36 to 61 the context's generation, bits 0 to 35
// the page. A flush of a context gives it a new generation, so that it costs the same whatever is cached.
#define FL_TAG_VALID (1ull << 63)
#define FL_TAG_CONTEXT(t) (FL_TAG_VALID | (uint64_t)(t) << 36)
#define FL_TAG_LARGE (1ull << 62)
#define FL_TAG_LIMIT ((1ull << 26) - 1)

// Data: the frame or table in bits 12 to 51, and around it what a page-table entry has there, but with the bits turned
// that grant something: a bit then keeps accesses from being answered, and those of several levels are OR-ed.
#define FL_GRANTS (FL_PTE_P | FL_PTE_RW | FL_PTE_US | FL_PTE_A | FL_PTE_D)
// What an entry of a paging-structure cache keeps from the translations below it.
#define FL_DENIALS (FL_PTE_RW | FL_PTE_US | FL_PTE_NX)

// What data of a table keep of its entry.
#define FL_DIRECTORY_MASK (FL_PTE_ADDR_MASK | FL_DENIALS)

static inline uint64_t fl_data_rights(uint64_t data) { return (data ^ FL_GRANTS) & ~FL_PTE_ADDR_MASK; }

// The data of a translation or of a table, from where it lies and the rights of a walk.
static inline uint64_t fl_data(uint64_t frame, uint64_t rights) { return frame | (rights ^ FL_GRANTS); }

// What a walk caches that finds `entry` below a table with the data `table`.
static inline uint64_t fl_walk_data(uint64_t entry, uint64_t table) {
    return (entry ^ FL_GRANTS) | (table ^ (table & FL_PTE_ADDR_MASK));
}

// Data in FL_L1I_2M of a 2 MiB piece of a 1 GiB translation; a software bit of the entry, which rights do not have.
#define FL_DATA_PIECE (1ull << 9)

// Where a walk begins that a paging-structure entry helps.
static inline fl_walk_start fl_start_at(uint64_t data, unsigned level) {
    return (fl_walk_start){data & FL_PTE_ADDR_MASK, (data & ~FL_PTE_ADDR_MASK) ^ FL_RIGHTS_ALL, (uint8_t)level};
}

static inline uint64_t *fl_array_tags(const fl_tlb_array *a, uint64_t set) { return a->entries + set * a->ways * 2; }

// The tag of a way; 0 where it is empty.
static inline uint64_t fl_array_tag(const fl_tlb_array *a, uint64_t set, uint32_t way) {
    if (!a->sets) return fl_array_tags(a, set)[way];
    const fl_tlb_set *s = &a->sets[set];
    return s->contexts[way] ? (uint64_t)s->contexts[way] << 32 | (uint64_t)s->pages[way] << 4 | (set & 15) : 0;
}

static inline void fl_array_set_tag(const fl_tlb_array *a, uint64_t set, uint32_t way, uint64_t tag) {
    if (!a->sets) {
        fl_array_tags(a, set)[way] = tag;
        return;
    }
    // Bits 32 to 35 of a page number are in the page's half; a context has none there.
    a->sets[set].pages[way] = (uint32_t)(tag >> 4);
    a->sets[set].contexts[way] = (uint32_t)((tag & ~((1ull << 36) - 1)) >> 32);
}

static inline uint64_t *fl_array_data(const fl_tlb_array *a, uint64_t set) {
    return a->sets ? a->sets[set].data : a->entries + set * a->ways * 2 + a->ways;
}

// Notes the use of a way, for replacement.
static inline void fl_array_touch(fl_tlb_array *a, uint64_t *clock, uint64_t set, uint32_t way) {
    if (a->replacement == FL_REPLACE_LRU) {
        a->ages[set * a->ways + way] = ++*clock;
        return;
    }
    // Breadth-first tree: node n has the children 2n + 1 and 2n + 2; a set bit sends the next victim to the right.
    uint8_t *small = a->trees ? a->trees + set * a->tree_stride : 0;
    if (a->ways == 4) {
        *small = fl_plru4_touched(*small, way);
        return;
    }
    uint64_t tree = small ? *small : a->ages[set];
    uint32_t node = 0;
    for (uint32_t half = a->ways >> 1; half > 0; half >>= 1) {
        const bool right = way & half;
        tree = right ? tree & ~(1ull << node) : tree | 1ull << node;
        node = 2 * node + (right ? 2 : 1);
    }
    if (small) *small = (uint8_t)tree;
    else a->ages[set] = tree;
}

static inline uint32_t fl_array_victim(const fl_tlb_array *a, uint64_t set) {
    if (a->replacement == FL_REPLACE_LRU) {
        const uint64_t *tags = fl_array_tags(a, set);
        uint32_t oldest = 0;
        for (uint32_t w = 0; w < a->ways; w++) {
            if (!tags[w]) return w;
            if (a->ages[set * a->ways + w] < a->ages[set * a->ways + oldest]) oldest = w;
        }
        return oldest;
    }
    uint64_t tree = a->trees ? a->trees[set * a->tree_stride] : a->ages[set];
    if (a->ways == 4) tree >>= 2;
    uint32_t node = 0, way = 0;
    for (uint32_t half = a->ways >> 1; half > 0; half >>= 1) {
        const bool right = tree >> node & 1;
        if (right) way |= half;
        node = 2 * node + (right ? 2 : 1);
    }
    return way;
}

// The way that has the tag, or `ways`.
static inline uint32_t fl_array_find(const fl_tlb_array *a, uint64_t set, uint64_t tag) {
    const uint32_t ways = a->ways;
    for (uint32_t w = 0; w < ways; w++)
        if (fl_array_tag(a, set, w) == tag) return w;
    return ways;
}

static inline void fl_array_fill(fl_tlb_array *a, uint64_t *clock, uint64_t set, uint64_t tag, uint64_t data) {
    uint32_t way = fl_array_find(a, set, tag);
    if (way == a->ways) way = fl_array_victim(a, set);
    fl_array_set_tag(a, set, way, tag);
    fl_array_data(a, set)[way] = data;
    fl_array_touch(a, clock, set, way);
}

// The same where the tag is known to be absent.
static inline void fl_array_insert(fl_tlb_array *a, uint64_t *clock, uint64_t set, uint64_t tag, uint64_t data) {
    const uint32_t way = fl_array_victim(a, set);
    fl_array_set_tag(a, set, way, tag);
    fl_array_data(a, set)[way] = data;
    fl_array_touch(a, clock, set, way);
}

static inline void fl_array_drop(fl_tlb_array *a, uint64_t set, uint64_t tag) {
    if (!a->entries) return;
    const uint32_t way = fl_array_find(a, set, tag);
    if (way < a->ways) fl_array_set_tag(a, set, way, 0);
}

// Whether rights that are cached allow something that those of the tables do not. A page that becomes a user page may
// be taken from the supervisor, where SMEP, SMAP or protection keys say so.
static inline bool fl_allows_more(const fl_paging *p, uint64_t cached, uint64_t now) {
    const uint64_t either = p->smep || p->smap || p->pke ? FL_PTE_US : 0;
    return (cached & ~now & (FL_PTE_RW | FL_PTE_US)) || (~cached & now & FL_PTE_NX) || ((cached ^ now) & either);
}

// What a page fault invalidates (tlb_fault.c). `walk`, which began at `start`, has found the fault; where that comes again
// and is due to a stale paging-structure entry, both become those of a walk of all levels.
void fl_settle_fault(fl_cpu *c, fl_walk_start *start, uint64_t address, fl_access_kind kind, bool user, fl_walk *walk);

// The coherence check of paging-structure entries (tlb_coherence.c): one that a walk begins at, and all that are cached.
void fl_check_start(fl_cpu *c, uint64_t address, const fl_walk_start *start);
static inline bool fl_skips(uint64_t skipped, uint32_t pcid) { return pcid < 64 && skipped >> pcid & 1; }
bool fl_find_stale_structure(const fl_cpu *c, uint64_t end, uint64_t skipped, fl_stale_use *stale);

// Arrays that are always searched, so that the paths which fill these alone need not say so.
#define FL_ALWAYS_FILLED (1u << FL_L1I_4K | 1u << FL_L1D_4K | 1u << FL_L2_4K)

// After a change of the current PCID's tags.
static inline void fl_cpu_update_tags(fl_cpu *c) {
    // The flush has settled what a fault would.
    c->faulted = ~0ull;
    c->tag_bits = FL_TAG_CONTEXT(c->tags_of[c->pcid]);
    for (unsigned way = 0; way < 4; way++) c->contexts[way] = (uint32_t)(c->tag_bits >> 32);
    c->psc_bits = FL_TAG_CONTEXT(c->psc_tags_of[c->pcid]);
}

// Chooses the paths of accesses, after a change of their checks or of the arrays.
void fl_cpu_update_paths(fl_cpu *c);

// Whether there is a processor with these control bits.
static inline bool fl_is_possible(const fl_paging *p) { return p->physical_bits >= 32 && p->physical_bits <= 52; }

bool fl_has_avx2(void);
// The rare exits of a hot path are jumps: calls would have it save registers on the way in.
#if __has_attribute(musttail)
#define FL_TAIL __attribute__((musttail))
#else
#define FL_TAIL
#endif
fl_translation fl_cpu_general_miss(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set);
fl_translation fl_cpu_general_walk(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set);
fl_translation fl_cpu_small_miss_any(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set);
fl_translation fl_cpu_small_walk_any(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set);
fl_translation fl_cpu_small_miss_avx2(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set);
fl_translation fl_cpu_small_refused_any(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set);
fl_translation fl_cpu_small_refused_avx2(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set);
fl_translation fl_cpu_small_walk_avx2(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set);

// What a tree-PLRU set does when its victim is used, by its tree: the way, and the tree afterwards.
typedef struct fl_plru_step {
    uint8_t victim;
    uint8_t next;
} fl_plru_step;

#define FL_PLRU_BIT(t, n) ((t) >> (n) & 1)
#define FL_PLRU4(t) {(uint8_t)(FL_PLRU_BIT(t, 0) << 1 | FL_PLRU_BIT(t, 1 + FL_PLRU_BIT(t, 0))), \
                     (uint8_t)(((t) ^ (1 | 2 << FL_PLRU_BIT(t, 0))) << 2)}
// Nodes of 8 ways: 0; 1 and 2 below it; 3 to 6 below these.
#define FL_PLRU8_LOW(t) (3 + 2 * FL_PLRU_BIT(t, 0) + FL_PLRU_BIT(t, 1 + FL_PLRU_BIT(t, 0)))
#define FL_PLRU8(t) {(uint8_t)(FL_PLRU_BIT(t, 0) << 2 | FL_PLRU_BIT(t, 1 + FL_PLRU_BIT(t, 0)) << 1 | \
                               FL_PLRU_BIT(t, FL_PLRU8_LOW(t))), \
                     (uint8_t)((t) ^ (1 | 2 << FL_PLRU_BIT(t, 0) | 1 << FL_PLRU8_LOW(t)))}
#define FL_4(f, t) f(t), f((t) + 1), f((t) + 2), f((t) + 3)
#define FL_16(f, t) FL_4(f, t), FL_4(f, (t) + 4), FL_4(f, (t) + 8), FL_4(f, (t) + 12)

// By the tree as a set of 4 ways keeps it, in bits 2 to 4.
#define FL_PLRU4_IN_PLACE(t) FL_PLRU4((t) >> 2)
static const fl_plru_step fl_plru4[32] = {FL_16(FL_PLRU4_IN_PLACE, 0), FL_16(FL_PLRU4_IN_PLACE, 16)};
static const fl_plru_step fl_plru8[128] = {FL_16(FL_PLRU8, 0),  FL_16(FL_PLRU8, 16), FL_16(FL_PLRU8, 32),
                                           FL_16(FL_PLRU8, 48), FL_16(FL_PLRU8, 64), FL_16(FL_PLRU8, 80),
                                           FL_16(FL_PLRU8, 96), FL_16(FL_PLRU8, 112)};

static inline uint64_t fl_array_page(const fl_tlb_array *a, uint64_t address) { return FL_TAG_PAGE(address, a->shift); }

#endif
