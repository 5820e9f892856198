#include "bench_translate.h"

static volatile uint64_t sink;

double fl_bench_translate(fl_cpu *cpu, const uint64_t *addresses, uint64_t count) {
    uint64_t sum = 0, failed = 0, start = fl_bench_now();
    for (uint64_t i = 0; i < count; i++) {
        const fl_translation t = fl_cpu_translate(cpu, addresses[i], FL_READ);
        sum += t.physical;
        failed |= t.status;
    }
    sink = sum;
    return failed ? -1 : (double)(fl_bench_now() - start) / (double)count;
}

#define GROUP 64

double fl_bench_translate_batch(fl_cpu *cpu, const uint64_t *addresses, uint64_t count) {
    fl_batch_access accesses[GROUP];
    fl_translation results[GROUP];
    uint64_t sum = 0, failed = 0, start = fl_bench_now();
    for (uint64_t i = 0; i + GROUP <= count; i += GROUP) {
        for (unsigned k = 0; k < GROUP; k++) accesses[k] = (fl_batch_access){addresses[i + k], FL_READ, true};
        fl_cpu_translate_batch(cpu, accesses, results, GROUP);
        for (unsigned k = 0; k < GROUP; k++) {
            sum += results[k].physical;
            failed |= results[k].status;
        }
    }
    sink = sum;
    return failed ? -1 : (double)(fl_bench_now() - start) / (double)count;
}
