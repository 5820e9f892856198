#define _GNU_SOURCE
#include <unistd.h>

#include "bench_live.h"
#include "live_common.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

double fl_live_page_out_file(uint64_t pages) {
    int fd = fl_live_make_file(pages, 1);
    if (fd < 0) return LIVE_FAILED;
    double result = LIVE_FAILED;
    // Dirty pages would wait for the flusher.
    if (!fsync(fd)) {
        uint8_t *p = mmap(NULL, pages << FL_PAGE_SHIFT, PROT_READ, MAP_SHARED, fd, 0);
        if (p != MAP_FAILED) {
            fl_live_read_pages(p, pages, 1);
            uint64_t start = fl_bench_now();
            if (!madvise(p, pages << FL_PAGE_SHIFT, MADV_PAGEOUT)) result = fl_live_per(start, pages);
            munmap(p, pages << FL_PAGE_SHIFT);
        }
    }
    close(fd);
    return result;
}
