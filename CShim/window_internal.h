// What the files of the window share.
#ifndef FAULTLINE_WINDOW_INTERNAL_H
#define FAULTLINE_WINDOW_INTERNAL_H

#include "include/window.h"

#define FL_RIGHTS_BITS 3
#define FL_RIGHTS_MASK 7u

// Pages count from the window's start here. The next page at or above `page` that is shown; `pages` where there is none.
uint64_t fl_shown_next(const fl_window *w, uint64_t page);
// Notes what the pages show from now on; rights 0 for nothing.
void fl_shown_set(fl_window *w, uint64_t first, uint64_t end, uint64_t frame, uint32_t rights);

#endif
