#define _GNU_SOURCE
#include "live_common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

uint8_t *fl_live_map_anonymous(uint64_t pages) {
    uint64_t bytes = pages << FL_PAGE_SHIFT;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return NULL;
    madvise(p, bytes, MADV_NOHUGEPAGE); // refused only by kernels without huge pages, which is as good
    return p;
}

// Page by page, so that the page cache holds single pages and no large folio maps many with one fault.
static int write_file(int fd, uint64_t pages) {
    uint8_t page[FL_PAGE_SIZE];
    memset(page, 0x5a, sizeof page);
    for (uint64_t i = 0; i < pages; i++)
        if (pwrite(fd, page, sizeof page, (off_t)(i << FL_PAGE_SHIFT)) != (ssize_t)sizeof page) return -1;
    return 0;
}

int fl_live_make_file(uint64_t pages, int disk) {
    int fd = -1;
    if (disk) {
        const char *directory = getenv("TMPDIR");
        char path[512];
        snprintf(path, sizeof path, "%s/faultline-bench-XXXXXX", directory && *directory ? directory : "/tmp");
        fd = mkstemp(path);
        if (fd >= 0) unlink(path);
    } else {
        fd = memfd_create("faultline-bench", MFD_CLOEXEC);
    }
    if (fd < 0) return -1;
    int failed = disk ? write_file(fd, pages) : ftruncate(fd, (off_t)(pages << FL_PAGE_SHIFT));
    if (failed) {
        close(fd);
        return -1;
    }
    return fd;
}

void fl_live_write_pages(volatile uint8_t *p, uint64_t pages, uint64_t step) {
    for (uint64_t i = 0; i < pages; i += step) p[i << FL_PAGE_SHIFT] = 1;
}

void fl_live_read_pages(const volatile uint8_t *p, uint64_t pages, uint64_t step) {
    for (uint64_t i = 0; i < pages; i += step) (void)p[i << FL_PAGE_SHIFT];
}

pid_t fl_live_hold_child(int *gate) {
    int ends[2];
    if (pipe(ends)) return -1;
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        char byte;
        while (read(ends[0], &byte, 1) > 0) {}
        _exit(0);
    }
    close(ends[0]);
    *gate = ends[1];
    if (child < 0) close(ends[1]);
    return child;
}

void fl_live_release(pid_t child, int gate) {
    close(gate);
    waitpid(child, NULL, 0);
}
