#define _GNU_SOURCE
#include "kernel_swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, COLD = 20, PAGEOUT = 21, COLLAPSE = 25, NO_HUGE_PAGE = 15 };

int fl_swap_write_header(const char *path, uint64_t pages) {
    // union swap_header (include/linux/swap.h).
    unsigned char header[PAGE] = {0};
    const uint32_t info[3] = {1, (uint32_t)(pages - 1), 0};
    memcpy(header + 1024, info, sizeof info);
    memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -errno;
    int failed = pwrite(file, header, PAGE, 0) == PAGE ? 0 : -EIO;
    if (failed == 0 && fsync(file) < 0) failed = -errno;
    close(file);
    return failed;
}

int fl_swap_make(const char *path, uint64_t pages) {
    const int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return -errno;
    int failed = -posix_fallocate(file, 0, (off_t)(pages * PAGE));
    if (failed == 0 && fsync(file) < 0) failed = -errno;
    close(file);
    return failed == 0 ? fl_swap_write_header(path, pages) : failed;
}

int fl_swap_on(const char *path) { return swapon(path, 0) == 0 ? 0 : -errno; }

int fl_swap_off(const char *path) { return swapoff(path) == 0 ? 0 : -errno; }

// The pages of the area that is used to cool read-ahead down: page i goes to slot i + 1.
// It is less than half full, so that pages keep their slots.
enum { AREA = 1024, USED = 300, LAST = 250 };

static int is_out(int pagemap, const unsigned char *page, int expected) {
    uint64_t entry = 0;
    if (pread(pagemap, &entry, 8, (off_t)((uintptr_t)page / PAGE * 8)) != 8) return 0;
    return entry >> 63 == 0 && (entry >> 5 & ((1ull << 50) - 1)) == (uint64_t)expected;
}

static int cool(void) {
    unsigned char *pages = mmap(NULL, USED * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const int pagemap = open("/proc/self/pagemap", O_RDONLY);
    if (pages == MAP_FAILED || pagemap < 0) return errno;
    madvise(pages, USED * PAGE, NO_HUGE_PAGE);
    for (int i = 0; i < USED; i++) pages[i * PAGE] = 1;
    fl_drain_all_batches();
    madvise(pages, USED * PAGE, PAGEOUT);
    if (!is_out(pagemap, pages + LAST * PAGE, LAST + 1)) return EAGAIN;
    // Once written, they leave memory when they go out anew.
    volatile unsigned char sum = 0;
    for (int round = 0; round < 50; round++) {
        usleep(20000);
        for (int i = 0; i < USED; i++) sum += pages[i * PAGE];
        fl_drain_all_batches();
        madvise(pages, USED * PAGE, PAGEOUT);
        unsigned char resident[USED];
        mincore(pages, USED * PAGE, resident);
        int left = 0;
        for (int i = 0; i < USED; i++) left += resident[i] & 1;
        if (left > 0) continue;
        // Each read is far from those before: the window halves to 1.
        const int reads[] = {8, 40, 72, 104, 136, 168, 200, LAST};
        for (unsigned i = 0; i < sizeof reads / sizeof *reads; i++) sum += pages[reads[i] * PAGE];
        return 0;
    }
    return EAGAIN;
}

int fl_swap_cool(const char *path) {
    int failed = fl_swap_make(path, AREA);
    if (failed == 0) failed = fl_swap_on(path);
    if (failed != 0) return failed;
    const pid_t child = fork();
    if (child == 0) _exit(cool());
    int status = -1;
    if (child < 0) {
        failed = -errno;
    } else {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
        failed = WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
    }
    const int off = fl_swap_off(path);
    unlink(path);
    return failed == 0 ? off : failed;
}

void fl_drain_all_batches(void) {
    // MADV_COLLAPSE does it first of all; the range holds no huge page.
    enum { BYTES = 4 << 20 };
    static unsigned char *area = NULL;
    if (area == NULL) {
        area = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (area == MAP_FAILED) {
            area = NULL;
            return;
        }
    }
    // It must have an anon_vma; a child has the area, too.
    *(volatile unsigned char *)area = 1;
    madvise(area, PAGE, COLLAPSE);
}

int fl_disk_is_quiet(int inflight) {
    char text[64];
    for (int round = 0; round < 20000; round++) {
        const ssize_t count = pread(inflight, text, sizeof text - 1, 0);
        if (count <= 0) return 0;
        text[count] = 0;
        long reads = 1, writes = 1;
        if (sscanf(text, "%ld %ld", &reads, &writes) == 2 && reads == 0 && writes == 0) return 1;
        usleep(50);
    }
    return 0;
}
