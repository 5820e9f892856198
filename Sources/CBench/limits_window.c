#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench_window.h"
#include "live_common.h"

#ifdef __linux__
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#endif

#define LINE 64

double fl_bench_touch_in_order(void *memory, uint64_t bytes, uint64_t rounds) {
    volatile uint8_t *p = memory;
    const uint64_t start = fl_bench_now();
    for (uint64_t round = 0; round < rounds; round++)
        for (uint64_t i = 0; i < bytes; i += LINE) p[i]++;
    return fl_live_per(start, rounds * (bytes / LINE));
}

double fl_bench_touch_at_random(void *memory, uint64_t bytes, uint64_t rounds) {
    volatile uint8_t *p = memory;
    const uint64_t lines = bytes / LINE;
    uint64_t state = 1;
    const uint64_t start = fl_bench_now();
    for (uint64_t i = 0; i < rounds * lines; i++) {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        p[(state >> 33) % lines * LINE]++;
    }
    return fl_live_per(start, rounds * lines);
}

static double on_host(uint64_t bytes, uint64_t rounds, double (*touch)(void *, uint64_t, uint64_t)) {
    const int file = fl_live_make_file(bytes >> FL_PAGE_SHIFT, 0);
    if (file < 0) return LIVE_FAILED;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (p == MAP_FAILED) return LIVE_FAILED;
    fl_live_write_pages(p, bytes >> FL_PAGE_SHIFT, 1);
    const double result = touch(p, bytes, rounds);
    munmap(p, bytes);
    return result;
}

double fl_limit_touch_in_order(uint64_t bytes, uint64_t rounds) { return on_host(bytes, rounds, fl_bench_touch_in_order); }
double fl_limit_touch_at_random(uint64_t bytes, uint64_t rounds) { return on_host(bytes, rounds, fl_bench_touch_at_random); }

double fl_bench_write_each(void *memory, uint64_t pages) {
    const uint64_t start = fl_bench_wall();
    fl_live_write_pages(memory, pages, 1);
    return (double)(fl_bench_wall() - start) / (double)pages;
}

double fl_bench_read_each(const void *memory, uint64_t pages) {
    const uint64_t start = fl_bench_wall();
    fl_live_read_pages(memory, pages, 1);
    return (double)(fl_bench_wall() - start) / (double)pages;
}

// What the handler and the service thread work on.
static struct { uint8_t *start; uint64_t bytes; int file, userfault; bool copies; uint8_t page[4096]; } place;

static bool open_place(uint64_t pages) {
    place.bytes = pages << FL_PAGE_SHIFT;
    place.file = fl_live_make_file(pages, 0);
    if (place.file < 0) return false;
    place.start = mmap(NULL, place.bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (place.start != MAP_FAILED) return true;
    close(place.file);
    return false;
}

static void close_place(void) {
    munmap(place.start, place.bytes);
    close(place.file);
}

static bool map_page(uint64_t offset) {
    return mmap(place.start + offset, FL_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, place.file,
                (off_t)offset) != MAP_FAILED;
}

static void answer(int signal, siginfo_t *info, void *context) {
    (void)signal;
    (void)context;
    const uint64_t offset = ((uint64_t)((uint8_t *)info->si_addr - place.start)) & ~(FL_PAGE_SIZE - 1);
    if (offset >= place.bytes || !map_page(offset)) _exit(3);
}

double fl_limit_signal_fault(uint64_t pages) {
    if (!open_place(pages)) return LIVE_FAILED;
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER}, before;
    double result = LIVE_FAILED;
    if (sigaction(SIGSEGV, &action, &before) == 0) {
        result = fl_bench_write_each(place.start, pages);
        sigaction(SIGSEGV, &before, NULL);
    }
    close_place();
    return result;
}

#ifdef __linux__
static void *serve(void *unused) {
    (void)unused;
    struct uffd_msg message;
    while (read(place.userfault, &message, sizeof message) == sizeof message) {
        if (message.event != UFFD_EVENT_PAGEFAULT) continue;
        const uint64_t address = message.arg.pagefault.address & ~(FL_PAGE_SIZE - 1);
        if (place.copies) {
            struct uffdio_copy copy = {.dst = address, .src = (uintptr_t)place.page, .len = FL_PAGE_SIZE};
            ioctl(place.userfault, UFFDIO_COPY, &copy);
        } else {
            map_page(address - (uintptr_t)place.start);
            struct uffdio_range woken = {.start = address, .len = FL_PAGE_SIZE};
            ioctl(place.userfault, UFFDIO_WAKE, &woken);
        }
    }
    return NULL;
}

static double with_service(uint64_t pages) {
    struct uffdio_api api = {.api = UFFD_API};
    struct uffdio_register all = {.range = {.start = (uintptr_t)place.start, .len = place.bytes},
                                  .mode = UFFDIO_REGISTER_MODE_MISSING};
    if (ioctl(place.userfault, UFFDIO_API, &api) != 0 || ioctl(place.userfault, UFFDIO_REGISTER, &all) != 0)
        return LIVE_FAILED;
    pthread_t thread;
    if (pthread_create(&thread, NULL, serve, NULL) != 0) return LIVE_FAILED;
    const double result = fl_bench_write_each(place.start, pages);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    return result;
}
#endif

static double userfault(uint64_t pages, bool copies) {
    double result = LIVE_FAILED;
#ifdef __linux__
    if (!open_place(pages)) return LIVE_FAILED;
    place.copies = copies;
    place.userfault = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    if (place.userfault >= 0) {
        mprotect(place.start, place.bytes, PROT_READ | PROT_WRITE);
        madvise(place.start, place.bytes, MADV_NOHUGEPAGE);
        result = with_service(pages);
        close(place.userfault);
    }
    close_place();
#else
    (void)pages;
    (void)copies;
#endif
    return result;
}

double fl_limit_userfault_copy(uint64_t pages) { return userfault(pages, true); }
double fl_limit_userfault_map(uint64_t pages) { return userfault(pages, false); }
