// The quick miss of the first-level TLB for any processor, and the choice between it, its AVX2 twin and the general path.
#include "pte.h"
#include "tlb_internal.h"

#define FL_QUICK(name) name##_any
#define match4 fl_match4
#define match8(t, tag) (fl_match4(t, tag) | fl_match4((t) + 4, tag) << 4)
#include "tlb_quick.h"

void fl_cpu_choose_miss(fl_cpu *c, bool small) {
    c->walk = !small ? fl_cpu_general_walk : fl_has_avx2() ? fl_cpu_small_walk_avx2 : fl_cpu_small_walk_any;
    c->miss = !small ? fl_cpu_general_miss : fl_has_avx2() ? fl_cpu_small_miss_avx2 : fl_cpu_small_miss_any;
}
