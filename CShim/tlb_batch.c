// Many translations at once.
#include "tlb_internal.h"

void fl_cpu_translate_batch_one(fl_cpu *c, const fl_batch_access *a, fl_translation *result) {
    *result = a->user ? fl_cpu_translate(c, a->address, (fl_access_kind)a->kind)
                      : fl_cpu_translate_slow(c, a->address, (fl_access_kind)a->kind, false);
}

void fl_cpu_translate_batch(fl_cpu *c, const fl_batch_access *accesses, fl_translation *results, uint64_t count) {
    if (c->miss == fl_cpu_small_miss_avx2) return fl_cpu_batch_avx2(c, accesses, results, count);
    if (c->miss == fl_cpu_small_miss_any) return fl_cpu_batch_any(c, accesses, results, count);
    for (uint64_t i = 0; i < count; i++) fl_cpu_translate_batch_one(c, &accesses[i], &results[i]);
}
