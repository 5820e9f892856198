// The quick miss of the first-level TLB for any processor, and the choice between it, its AVX2 twin and the general path.
#include "pte.h"
#include "tlb_memory.h"

#define FL_QUICK(name) name##_any
#define match8(t, tag) (match4(t, tag) | match4((t) + 4, tag) << 4)

// The ways of a set of 4 that have the tag, a bit each.
static inline unsigned match4(const uint64_t *t, uint64_t tag) {
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi64x((long long)tag);
    const __m128i a = _mm_cmpeq_epi32(_mm_load_si128((const __m128i *)(const void *)t), wanted);
    const __m128i b = _mm_cmpeq_epi32(_mm_load_si128((const __m128i *)(const void *)(t + 2)), wanted);
    // Both halves of a tag must be equal.
    const __m128 low = _mm_shuffle_ps(_mm_castsi128_ps(a), _mm_castsi128_ps(b), _MM_SHUFFLE(2, 0, 2, 0));
    const __m128 high = _mm_shuffle_ps(_mm_castsi128_ps(a), _mm_castsi128_ps(b), _MM_SHUFFLE(3, 1, 3, 1));
    return (unsigned)_mm_movemask_ps(_mm_and_ps(low, high));
#else
    return (unsigned)(t[0] == tag) | (unsigned)(t[1] == tag) << 1 | (unsigned)(t[2] == tag) << 2 |
           (unsigned)(t[3] == tag) << 3;
#endif
}

#include "tlb_quick.h"
// Whether the first level or the second holds a page.
static inline bool FL_QUICK(held)(const uint32_t *contexts, const fl_tlb_set *first, const uint64_t *second,
                                  uint64_t address, uint64_t tag) {
    bool held = match8(second, tag) != 0;
    for (unsigned way = 0; way < 4; way++)
        held |= first->pages[way] == (uint32_t)(address >> 16) && first->contexts[way] == contexts[way];
    return held;
}
#include "tlb_run_quick.h"

void fl_cpu_choose_miss(fl_cpu *c, bool small) {
    c->walk = !small ? fl_cpu_general_walk : fl_has_avx2() ? fl_cpu_small_walk_avx2 : fl_cpu_small_walk_any;
    c->refused = !small ? fl_cpu_general_miss : fl_has_avx2() ? fl_cpu_small_refused_avx2 : fl_cpu_small_refused_any;
    c->miss = !small ? fl_cpu_general_miss : fl_has_avx2() ? fl_cpu_small_miss_avx2 : fl_cpu_small_miss_any;
}
