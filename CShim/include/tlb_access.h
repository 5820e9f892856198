// One access, as far as it is answered inline; included by tlb.h.
#ifndef FAULTLINE_TLB_ACCESS_H
#define FAULTLINE_TLB_ACCESS_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "tlb.h"

#define FL_TAG_PAGE(address, shift) (((address) << 16) >> (16 + (shift)))

// The set of the first level for the page.
static inline fl_tlb_set *_Nonnull fl_set_of(const fl_tlb_quick *_Nonnull q, uint64_t address) {
    return (fl_tlb_set *)(void *)(q->sets + (address >> FL_SET_SHIFT & q->set_bits));
}

// The ways of a set that hold the page in the current context, a bit each. Without branches: which way it is cannot be
// foreseen.
static inline unsigned fl_set_match(const fl_cpu *_Nonnull c, const fl_tlb_set *_Nonnull set, uint64_t address) {
    const uint32_t page = (uint32_t)(address >> 16);
#ifdef __SSE2__
    const __m128i pages = _mm_cmpeq_epi32(_mm_load_si128((const __m128i *)(const void *)set->pages),
                                          _mm_set1_epi32((int)page));
    const __m128i contexts = _mm_cmpeq_epi32(_mm_load_si128((const __m128i *)(const void *)set->contexts),
                                             _mm_load_si128((const __m128i *)(const void *)c->contexts));
    return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(_mm_and_si128(pages, contexts)));
#else
    unsigned match = 0;
    for (unsigned way = 0; way < 4; way++)
        match |= (unsigned)(set->pages[way] == page && set->contexts[way] == c->contexts[way]) << way;
    return match;
#endif
}

// A set of 4 ways keeps its tree in bits 2 to 4, so that the tree and the way used make an index: the next tree.
// Bit 0 of a tree points away from the pair used, bit 1 or 2 away from the way used within its pair.
static inline uint8_t fl_plru4_touched(uint64_t tree, uint64_t way) {
    static const uint8_t next[32] = {3 << 2, 1 << 2, 4 << 2, 0 << 2, 3 << 2, 1 << 2, 4 << 2, 0 << 2,
                                     3 << 2, 1 << 2, 6 << 2, 2 << 2, 3 << 2, 1 << 2, 6 << 2, 2 << 2,
                                     7 << 2, 5 << 2, 4 << 2, 0 << 2, 7 << 2, 5 << 2, 4 << 2, 0 << 2,
                                     7 << 2, 5 << 2, 6 << 2, 2 << 2, 7 << 2, 5 << 2, 6 << 2, 2 << 2};
    return next[tree | way];
}

static inline fl_translation fl_translated(uint64_t data, uint64_t address) {
    return (fl_translation){(data & FL_PTE_ADDR_MASK) | (address & (FL_PAGE_SIZE - 1)), 0, FL_WALK_OK};
}

// One user access: a hit in the first-level TLB for 4 KiB pages is answered here, all else elsewhere.
static inline fl_translation fl_cpu_translate(fl_cpu *_Nonnull c, uint64_t address, fl_access_kind kind) {
    fl_tlb_quick *q = &c->quick[kind];
    fl_tlb_set *set = fl_set_of(q, address);
    unsigned match = fl_set_match(c, set, address);
    // That it is below 16 would have the compiler narrow it and widen it again.
    __asm__("" : "+r"(match));
    if (__builtin_expect(address >= q->end, 0)) return fl_cpu_translate_slow(c, address, kind, true);
    if (__builtin_expect(match == 0, 0)) return c->miss(c, address, q, set);
    const uint64_t way = (uint64_t)__builtin_ctz(match);
    const uint64_t data = set->data[way];
    if (__builtin_expect((data & q->denied) != 0, 0)) return c->refused(c, address, q, set);
    set->tree = fl_plru4_touched(set->tree, way);
    set->hits[kind]++;
    return fl_translated(data, address);
}

// A user access whose page no TLB holds: the access has just faulted on a page that was not present.
static inline fl_translation fl_cpu_walk(fl_cpu *_Nonnull c, uint64_t address, fl_access_kind kind) {
    fl_tlb_quick *q = &c->quick[kind];
    if (__builtin_expect(address >= q->end, 0)) return fl_cpu_translate_slow(c, address, kind, true);
    return c->walk(c, address, q, fl_set_of(q, address));
}

#endif
