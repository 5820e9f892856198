// The simulated CPU's translations, timed. Each returns nanoseconds a translation; negative where one failed.
#ifndef FAULTLINE_BENCH_TRANSLATE_H
#define FAULTLINE_BENCH_TRANSLATE_H

#include "bench_tables.h"
#include "tlb.h"

double fl_bench_translate(fl_cpu *_Nonnull cpu, const uint64_t *_Nonnull addresses, uint64_t count);
// The same with an access some way ahead announced by fl_cpu_expect.
double fl_bench_translate_ahead(fl_cpu *_Nonnull cpu, const uint64_t *_Nonnull addresses, uint64_t count);
double fl_bench_translate_batch(fl_cpu *_Nonnull cpu, const uint64_t *_Nonnull addresses, uint64_t count);

#endif
