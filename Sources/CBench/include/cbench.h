// CBench: what the bench measures Faultline against. Limit programs, and the live kernel of the same machine.
#ifndef FAULTLINE_CBENCH_H
#define FAULTLINE_CBENCH_H

#include "bench_child.h"
#include "bench_limits.h"
#include "bench_live.h"
#include "bench_tables.h"
#include "bench_translate.h"
#include "bench_window.h"

#endif
