#include "bench_limits.h"

#include <stdlib.h>

double fl_limit_malloc_pair(uint64_t count) {
    const uint64_t start = fl_bench_now();
    for (uint64_t i = 0; i < count; i++) {
        // Volatile: the compiler must not see that nobody looks at it.
        void *volatile memory = malloc(64);
        if (!memory) return -1;
        *(volatile uint8_t *)memory = 1;
        free(memory);
    }
    return (double)(fl_bench_now() - start) / (double)count;
}
