// A host without AVX2, for the build of the fuzz that has the linker ask here (run.sh).
#include <stdbool.h>

bool __wrap_fl_has_avx2(void);
bool __wrap_fl_has_avx2(void) { return false; }
