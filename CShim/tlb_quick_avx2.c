// The quick miss of the first-level TLB for processors with AVX2.
#include "pte.h"
#include "tlb_internal.h"

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
#include "tlb_quick_batch.h"

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

void fl_cpu_batch_avx2(fl_cpu *c, const fl_batch_access *accesses, fl_translation *results, uint64_t count) {
    fl_cpu_batch_any(c, accesses, results, count);
}

#endif
