#define _GNU_SOURCE
#include <unistd.h>

#include "bench_live.h"
#include "live_common.h"

static double touch_anonymous(uint64_t pages, void (*touch)(uint8_t *, uint64_t)) {
    uint8_t *p = fl_live_map_anonymous(pages);
    if (!p) return LIVE_FAILED;
    uint64_t start = fl_bench_now();
    touch(p, pages);
    double result = fl_live_per(start, pages);
    munmap(p, pages << FL_PAGE_SHIFT);
    return result;
}

static void write_each(uint8_t *p, uint64_t pages) { fl_live_write_pages(p, pages, 1); }
static void read_each(uint8_t *p, uint64_t pages) { fl_live_read_pages(p, pages, 1); }

double fl_live_anonymous_write_fault(uint64_t pages) { return touch_anonymous(pages, write_each); }
double fl_live_zero_page_read_fault(uint64_t pages) { return touch_anonymous(pages, read_each); }

// Maps a file shared, and touches each `step`-th page.
static double touch_file(uint64_t pages, int disk, uint64_t step) {
    int fd = fl_live_make_file(pages, disk);
    if (fd < 0) return LIVE_FAILED;
    double result = LIVE_FAILED;
    int protection = disk ? PROT_READ : PROT_READ | PROT_WRITE;
    uint8_t *p = mmap(NULL, pages << FL_PAGE_SHIFT, protection, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) {
        uint64_t start = fl_bench_now();
        if (disk)
            fl_live_read_pages(p, pages, step);
        else
            fl_live_write_pages(p, pages, step);
        result = fl_live_per(start, pages);
        munmap(p, pages << FL_PAGE_SHIFT);
    }
    close(fd);
    return result;
}

double fl_live_shmem_write_fault(uint64_t pages) { return touch_file(pages, 0, 1); }
double fl_live_file_fault_around(uint64_t pages) { return touch_file(pages, 1, 16); }

double fl_live_cow_copy(uint64_t pages) {
    uint8_t *p = fl_live_map_anonymous(pages);
    if (!p) return LIVE_FAILED;
    fl_live_write_pages(p, pages, 1);
    int gate;
    double result = LIVE_FAILED;
    pid_t child = fl_live_hold_child(&gate);
    if (child > 0) {
        uint64_t start = fl_bench_now();
        fl_live_write_pages(p, pages, 1);
        result = fl_live_per(start, pages);
        fl_live_release(child, gate);
    }
    munmap(p, pages << FL_PAGE_SHIFT);
    return result;
}

double fl_live_cow_reuse(uint64_t pages) {
    uint8_t *p = fl_live_map_anonymous(pages);
    if (!p) return LIVE_FAILED;
    fl_live_write_pages(p, pages, 1);
    int gate;
    double result = LIVE_FAILED;
    pid_t child = fl_live_hold_child(&gate);
    if (child > 0) {
        fl_live_release(child, gate);
        uint64_t start = fl_bench_now();
        fl_live_write_pages(p, pages, 1);
        result = fl_live_per(start, pages);
    }
    munmap(p, pages << FL_PAGE_SHIFT);
    return result;
}

double fl_live_truncate_mapped(uint64_t pages, uint64_t mappings) {
    int fd = fl_live_make_file(pages, 0);
    if (fd < 0) return LIVE_FAILED;
    uint64_t bytes = pages << FL_PAGE_SHIFT;
    // One reservation, so that one munmap gives everything back.
    uint8_t *all = mmap(NULL, bytes * mappings, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    double result = LIVE_FAILED;
    if (all != MAP_FAILED) {
        uint64_t made = 0;
        while (made < mappings) {
            uint8_t *p = mmap(all + made * bytes, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
            if (p == MAP_FAILED) break;
            fl_live_write_pages(p, pages, 1);
            made++;
        }
        uint64_t start = fl_bench_now();
        if (made == mappings && ftruncate(fd, 0) == 0) result = fl_live_per(start, pages * mappings);
        munmap(all, bytes * mappings);
    }
    close(fd);
    return result;
}
