// The quick miss of the first-level TLB for processors with AVX2.
#include "pte.h"
#include "tlb_memory.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,bmi"))), apply_to = function)

static inline unsigned match4(const uint64_t *t, uint64_t tag) {
    const __m256i equal = _mm256_cmpeq_epi64(_mm256_load_si256((const __m256i *)(const void *)t),
                                             _mm256_set1_epi64x((long long)tag));
    return (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(equal));
}

static inline unsigned match8(const uint64_t *t, uint64_t tag) { return match4(t, tag) | match4(t + 4, tag) << 4; }

#define FL_QUICK(name) name##_avx2
#include "tlb_quick.h"

static inline __m128i FL_QUICK(four)(const uint32_t *words) { return _mm_load_si128((const __m128i *)(const void *)words); }

static inline __m256i FL_QUICK(equal)(const uint64_t *words, __m256i wanted) {
    return _mm256_cmpeq_epi64(_mm256_load_si256((const __m256i *)(const void *)words), wanted);
}

// Whether the first level or the second holds a page: one branch for both.
static inline bool FL_QUICK(held)(const uint32_t *contexts, const fl_tlb_set *first, const uint64_t *second,
                                  uint64_t address, uint64_t tag) {
    const __m128i page = _mm_set1_epi32((int)(uint32_t)(address >> 16));
    const __m128i pages = _mm_cmpeq_epi32(FL_QUICK(four)(first->pages), page);
    const __m128i both = _mm_and_si128(pages, _mm_cmpeq_epi32(FL_QUICK(four)(first->contexts), FL_QUICK(four)(contexts)));
    const __m256i wanted = _mm256_set1_epi64x((long long)tag);
    const __m256i eight = _mm256_or_si256(FL_QUICK(equal)(second, wanted), FL_QUICK(equal)(second + 4, wanted));
    const __m256i any = _mm256_or_si256(eight, _mm256_zextsi128_si256(both));
    return !_mm256_testz_si256(any, any);
}

#include "tlb_run_quick.h"

#pragma clang attribute pop

bool fl_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"); }

#else

bool fl_has_avx2(void) { return false; }

// Never chosen.
fl_translation fl_cpu_small_miss_avx2(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set) {
    return fl_cpu_general_miss(c, address, q, set);
}

fl_translation fl_cpu_small_refused_avx2(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set) {
    return fl_cpu_general_miss(c, address, q, set);
}

fl_translation fl_cpu_small_walk_avx2(fl_cpu *c, uint64_t address, fl_tlb_quick *q, fl_tlb_set *set) {
    return fl_cpu_general_walk(c, address, q, set);
}

uint64_t fl_cpu_run_avx2(fl_cpu *c, const uint64_t *accesses, uint64_t *results, uint64_t count) {
    return fl_cpu_run_any(c, accesses, results, count);
}

#endif
