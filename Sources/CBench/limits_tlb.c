#include <stdlib.h>

#include "bench_limits.h"

#if defined(__x86_64__)
#include <immintrin.h>

static volatile uint64_t sink;
static volatile uint64_t zero; // always 0, which no compiler knows

#define AVX2 __attribute__((target("avx2")))
// Folded into each caller, so that the number of ways is a constant there.
#define AVX2_INLINE static inline __attribute__((target("avx2"), always_inline))

// The way of the set whose tag equals; the tags of a set lie side by side. 1 way needs no vector.
AVX2_INLINE unsigned find_way(const uint64_t *tags, unsigned ways, uint64_t tag) {
    if (ways == 1) return tags[0] == tag ? 0 : 64;
    __m256i wanted = _mm256_set1_epi64x((long long)tag);
    unsigned mask = 0;
    for (unsigned w = 0; w < ways; w += 4) {
        __m256i equal = _mm256_cmpeq_epi64(_mm256_loadu_si256((const __m256i *)(const void *)(tags + w)), wanted);
        mask |= (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(equal)) << w;
    }
    return (unsigned)__builtin_ctz(mask | 1u << 31);
}

AVX2_INLINE double run(const uint64_t *tags, const uint64_t *data, unsigned sets, unsigned ways,
                       const uint64_t *addresses, uint64_t count, bool dependent) {
    uint64_t sum = 0, last = 0, none = zero, start = fl_bench_now();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t address = addresses[i & 0xffff] + (dependent ? last & none : 0);
        uint64_t vpn = address >> FL_PAGE_SHIFT;
        uint64_t set = (vpn & (sets - 1)) * ways;
        unsigned way = find_way(tags + set, ways, vpn);
        if (way >= ways) return -1; // every address hits: the tags hold all of them
        last = data[set + way] | (address & (FL_PAGE_SIZE - 1));
        sum += last;
    }
    sink = sum;
    return (double)(fl_bench_now() - start) / (double)count;
}

// `dependent` is a constant in each of the two functions below, as the ways are in each case.
AVX2_INLINE double dispatch(const uint64_t *tags, const uint64_t *data, unsigned sets, unsigned ways,
                            const uint64_t *addresses, uint64_t count, bool dependent) {
    switch (ways) {
    case 1: return run(tags, data, sets, 1, addresses, count, dependent);
    case 4: return run(tags, data, sets, 4, addresses, count, dependent);
    case 8: return run(tags, data, sets, 8, addresses, count, dependent);
    case 16: return run(tags, data, sets, 16, addresses, count, dependent);
    default: return -1;
    }
}

AVX2 static double run_dependent(const uint64_t *tags, const uint64_t *data, unsigned sets, unsigned ways,
                                 const uint64_t *addresses, uint64_t count) {
    return dispatch(tags, data, sets, ways, addresses, count, true);
}

AVX2 static double run_independent(const uint64_t *tags, const uint64_t *data, unsigned sets, unsigned ways,
                                   const uint64_t *addresses, uint64_t count) {
    return dispatch(tags, data, sets, ways, addresses, count, false);
}

double fl_limit_tag_compare(unsigned sets, unsigned ways, uint64_t count, bool dependent, uint64_t seed) {
    if (!__builtin_cpu_supports("avx2")) return -1;
    uint64_t entries = (uint64_t)sets * ways;
    uint64_t *tags = aligned_alloc(64, (entries * 8 + 63) & ~63ull);
    uint64_t *data = aligned_alloc(64, (entries * 8 + 63) & ~63ull);
    uint64_t *addresses = malloc(0x10000 * sizeof *addresses);
    double result = -1;
    if (tags && data && addresses) {
        uint64_t first = FL_BENCH_BASE >> FL_PAGE_SHIFT;
        for (uint64_t i = 0; i < entries; i++) { // page i lies in set i % sets, way i / sets
            tags[(i % sets) * ways + i / sets] = first + i;
            data[(i % sets) * ways + i / sets] = (i + 1) << FL_PAGE_SHIFT;
        }
        for (unsigned i = 0; i < 0x10000; i++)
            addresses[i] = ((first + fl_bench_random(&seed) % entries) << FL_PAGE_SHIFT) + (i & 0xfff);
        double (*measure)(const uint64_t *, const uint64_t *, unsigned, unsigned, const uint64_t *, uint64_t) =
            dependent ? run_dependent : run_independent;
        measure(tags, data, sets, ways, addresses, 0x10000); // into the caches
        result = measure(tags, data, sets, ways, addresses, count);
    }
    free(tags), free(data), free(addresses);
    return result;
}

#else

double fl_limit_tag_compare(unsigned sets, unsigned ways, uint64_t count, bool dependent, uint64_t seed) {
    (void)sets, (void)ways, (void)count, (void)dependent, (void)seed;
    return -1;
}

#endif
