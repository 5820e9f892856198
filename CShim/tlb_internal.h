// Shared by the files of the TLB; not for others.
#ifndef FAULTLINE_TLB_INTERNAL_H
#define FAULTLINE_TLB_INTERNAL_H

#include "tlb.h"

// A tag: bit 63 valid, bit 62 a 2 MiB translation in a unified L2, bits 36 to 61 the context's generation, bits 0 to 35
// the page. A flush of a context gives it a new generation, so that it costs the same whatever is cached.
#define FL_TAG_VALID (1ull << 63)
#define FL_TAG_CONTEXT(t) (FL_TAG_VALID | (uint64_t)(t) << 36)
#define FL_TAG_LARGE (1ull << 62)
#define FL_TAG_LIMIT ((1ull << 26) - 1)

// Data: bits 52 to 63 the PCID, bits 12 to 51 the frame or table, bits 0 to 11 the rights.
#define FL_DATA_ADDRESS 0x000ffffffffff000ull

static inline uint32_t fl_ctz(uint64_t v) { return (uint32_t)__builtin_ctzll(v); }

// Notes the use of a way, for replacement.
static inline void fl_array_touch(fl_tlb_array *a, uint64_t *clock, uint64_t set, uint32_t way) {
    if (a->replacement == FL_REPLACE_LRU) {
        a->ages[set * a->ways + way] = ++*clock;
        return;
    }
    // Breadth-first tree: node n has the children 2n + 1 and 2n + 2; a set bit sends the next victim to the right.
    uint64_t tree = a->ages[set];
    uint32_t node = 0;
    for (uint32_t half = a->ways >> 1; half > 0; half >>= 1) {
        const bool right = way & half;
        tree = right ? tree & ~(1ull << node) : tree | 1ull << node;
        node = 2 * node + (right ? 2 : 1);
    }
    a->ages[set] = tree;
}

static inline uint32_t fl_array_victim(const fl_tlb_array *a, uint64_t set) {
    const uint64_t *tags = a->tags + set * a->ways;
    if (a->replacement == FL_REPLACE_LRU) {
        uint32_t oldest = 0;
        for (uint32_t w = 0; w < a->ways; w++) {
            if (!tags[w]) return w;
            if (a->ages[set * a->ways + w] < a->ages[set * a->ways + oldest]) oldest = w;
        }
        return oldest;
    }
    const uint64_t tree = a->ages[set];
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
    const uint64_t *tags = a->tags + set * a->ways;
    const uint32_t ways = a->ways;
    if (ways == 8) {
        unsigned mask = 0;
        for (unsigned w = 0; w < 8; w++) mask |= (unsigned)(tags[w] == tag) << w;
        return mask ? (uint32_t)__builtin_ctz(mask) : 8;
    }
    for (uint32_t w = 0; w < ways; w++)
        if (tags[w] == tag) return w;
    return ways;
}

static inline void fl_array_fill(fl_tlb_array *a, uint64_t *clock, uint64_t set, uint64_t tag, uint64_t data) {
    uint32_t way = fl_array_find(a, set, tag);
    if (way == a->ways) way = fl_array_victim(a, set);
    a->tags[set * a->ways + way] = tag;
    a->data[set * a->ways + way] = data;
    fl_array_touch(a, clock, set, way);
}

// Replacement of 4 and of 8 ways by tree PLRU, without loops.
static inline void fl_plru4_touch(uint64_t *tree, unsigned way) {
    static const uint8_t keep[4] = {4, 4, 2, 2}, put[4] = {3, 1, 4, 0};
    *tree = (*tree & keep[way]) | put[way];
}

static inline unsigned fl_plru4_victim(uint64_t tree) {
    const unsigned right = tree & 1;
    return right << 1 | (tree >> (1 + right) & 1);
}

static inline void fl_plru8_touch(uint64_t *tree, unsigned way) {
    const unsigned high = way >> 2, middle = way >> 1 & 1, low = way & 1;
    const unsigned second = 1 + high, third = 3 + 2 * high + middle;
    const uint64_t clear = 1ull | 1ull << second | 1ull << third;
    *tree = (*tree & ~clear) | (uint64_t)!high | (uint64_t)!middle << second | (uint64_t)!low << third;
}

static inline unsigned fl_plru8_victim(uint64_t tree) {
    const unsigned high = tree & 1, middle = tree >> (1 + high) & 1, low = tree >> (3 + 2 * high + middle) & 1;
    return high << 2 | middle << 1 | low;
}

// The same where the tag is known to be absent.
static inline void fl_array_insert(fl_tlb_array *a, uint64_t *clock, uint64_t set, uint64_t tag, uint64_t data) {
    const uint32_t way = fl_array_victim(a, set);
    a->tags[set * a->ways + way] = tag;
    a->data[set * a->ways + way] = data;
    fl_array_touch(a, clock, set, way);
}

static inline void fl_array_drop(fl_tlb_array *a, uint64_t set, uint64_t tag) {
    if (!a->tags) return;
    const uint32_t way = fl_array_find(a, set, tag);
    if (way < a->ways) a->tags[set * a->ways + way] = 0;
}

static inline uint64_t fl_array_page(const fl_tlb_array *a, uint64_t address) { return FL_TAG_PAGE(address, a->shift); }

#endif
