// Says whether the disk still reads or writes pages of a file. The kernel tells how many pages are in memory and how many
// are being written (cachestat), and of each page whether it is up to date (mincore); a page that is there but not up to
// date is being read. None of it touches a page.
#define _GNU_SOURCE
#include "file_io.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

// struct cachestat_range and struct cachestat (uapi/linux/mman.h), which the C library may not have yet.
struct byte_range { uint64_t offset, length; };
struct page_counts { uint64_t cached, dirty, writeback, evicted, recently_evicted; };

static int is_in_memory(int fd) {
    const long tmpfs = 0x01021994, hugetlbfs = 0x958458f6;
    struct statfs system;
    return fstatfs(fd, &system) < 0 || (long)system.f_type == tmpfs || (long)system.f_type == hugetlbfs;
}

// How many pages of the file are up to date; -1 where that cannot be found out.
static int64_t pages_up_to_date(int fd, size_t bytes) {
    const size_t pages = (bytes + 4095) / 4096;
    void *place = mmap(0, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (place == MAP_FAILED) return -1;
    unsigned char *bits = malloc(pages);
    int64_t count = -1;
    if (bits && mincore(place, bytes, bits) == 0) {
        count = 0;
        for (size_t i = 0; i < pages; i++) count += bits[i] & 1;
    }
    free(bits);
    munmap(place, bytes);
    return count;
}

int fl_file_is_busy(int fd) {
    const long number = 451;
    struct stat status;
    struct page_counts counts;
    if (is_in_memory(fd) || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return 0;
    // No program fills more of a file than this.
    const int64_t most = (int64_t)1 << 32, size = status.st_size < most ? status.st_size : most;
    struct byte_range part = {0, (uint64_t)size};
    if (syscall(number, fd, &part, &counts, 0u) < 0) return 0;
    if (counts.writeback > 0) return 1;
    const int64_t ready = pages_up_to_date(fd, (size_t)size);
    return ready >= 0 && (uint64_t)ready < counts.cached;
}
