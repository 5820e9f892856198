#include "bench_translate.h"

#include "tlb_run.h"

#include <stdlib.h>

static volatile uint64_t sink;

double fl_bench_translate(fl_cpu *cpu, const uint64_t *addresses, uint64_t count) {
    uint64_t sum = 0, failed = 0, start = fl_bench_now();
#pragma clang loop unroll_count(4)
    for (uint64_t i = 0; i < count; i++) {
        const fl_translation t = fl_cpu_translate(cpu, addresses[i], FL_READ);
        sum += t.physical;
        if (__builtin_expect(t.status != FL_WALK_OK, 0)) failed = 1;
    }
    sink = sum;
    return failed ? -1 : (double)(fl_bench_now() - start) / (double)count;
}

// As far ahead as hides a read of the host's memory behind other translations.
#define AHEAD 24

double fl_bench_translate_ahead(fl_cpu *cpu, const uint64_t *addresses, uint64_t count) {
    uint64_t sum = 0, failed = 0, start = fl_bench_now();
    for (uint64_t i = 0; i < count; i++) {
        fl_cpu_expect(cpu, addresses[i + AHEAD < count ? i + AHEAD : i]);
        const fl_translation t = fl_cpu_translate(cpu, addresses[i], FL_READ);
        sum += t.physical;
        if (__builtin_expect(t.status != FL_WALK_OK, 0)) failed = 1;
    }
    sink = sum;
    return failed ? -1 : (double)(fl_bench_now() - start) / (double)count;
}

#define GROUP 1024

// The accesses stand ready, as a trace's do; the results go where a reader would take them from.
double fl_bench_translate_batch(fl_cpu *cpu, const uint64_t *addresses, uint64_t count) {
    uint64_t results[GROUP];
    fl_translation stop;
    uint64_t sum = 0, failed = 0, start = fl_bench_now();
    for (uint64_t i = 0; i + GROUP <= count; i += GROUP) {
        // An address of the lower half is the word of a read of it.
        failed |= fl_cpu_run(cpu, addresses + i, results, GROUP, &stop) != GROUP;
        for (unsigned k = 0; k < GROUP; k++) sum += results[k];
    }
    const uint64_t taken = fl_bench_now() - start;
    sink = sum;
    return failed ? -1 : (double)taken / (double)(count - count % GROUP);
}
