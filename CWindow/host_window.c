// Windows of this process: their places, and the operations by which the host follows.
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "CWindow.h"

// A signal's handler has nothing but the process's own variables to look at.
#define SLOTS 64
static struct {
    _Atomic uintptr_t base, bytes;
    fl_host_window *_Atomic window;
    _Atomic uint32_t users;
} slots[SLOTS];
static _Atomic bool is_child;

static fl_host_window *whole(fl_window *w) { return (fl_host_window *)(void *)w; }

// An errno where a test has asked for one.
static int injected(fl_window *w) {
    fl_host_window *host = whole(w);
    if (!host->failures) return 0;
    if (host->skipped) {
        host->skipped--;
        return 0;
    }
    host->failures--;
    return host->failure;
}

#ifdef MAP_POPULATE
#define POPULATE MAP_POPULATE
#else
#define POPULATE 0
#endif

static uint8_t *place(fl_window *w, uint64_t start) { return whole(w)->base + (start - w->start); }

static int protection(uint32_t rights) {
    return (rights & FL_SHOWS_READ ? PROT_READ : 0) | (rights & FL_SHOWS_WRITE ? PROT_WRITE : 0)
        | (rights & FL_SHOWS_EXECUTE ? PROT_EXEC : 0);
}

static int map(fl_window *w, uint64_t start, uint64_t pages, uint64_t frame, uint32_t rights) {
    const int error = injected(w);
    if (error) return error;
    // The host itself maps the neighbours of a page that is read; one that is written it maps alone.
    const int flags = MAP_SHARED | MAP_FIXED | MAP_NORESERVE | (pages > 1 && rights & FL_SHOWS_WRITE ? POPULATE : 0);
    const void *shown = mmap(place(w, start), pages << FL_PAGE_SHIFT, protection(rights), flags, w->ram.file,
                             (off_t)(frame << FL_PAGE_SHIFT));
    return shown == MAP_FAILED ? errno : 0;
}

static int protect(fl_window *w, uint64_t start, uint64_t pages, uint32_t rights) {
    const int error = injected(w);
    if (error) return error;
    return mprotect(place(w, start), pages << FL_PAGE_SHIFT, protection(rights)) == 0 ? 0 : errno;
}

// Not munmap: the addresses stay the window's.
static void *map_nothing(void *at, uint64_t bytes, int flags) {
    return mmap(at, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

static int unmap(fl_window *w, uint64_t start, uint64_t pages) {
    int error = injected(w);
    if (!error && map_nothing(place(w, start), pages << FL_PAGE_SHIFT, MAP_FIXED) == MAP_FAILED) error = errno;
    // Code that goes on would read and write memory that is no longer its own.
    if (error && pages == w->pages) fl_window_die("the host does not unmap a window", (uintptr_t)whole(w)->base);
    return error;
}

static const fl_window_ops operations = {.map = map, .protect = protect, .unmap = unmap};

void fl_host_window_prepare(fl_host_window *w, fl_window_entry *entry) {
    memset(w, 0, sizeof *w);
    w->window.ops = &operations;
    w->entry = entry;
}

bool fl_host_has_execute_only(void) {
#ifdef __linux__
    const int key = pkey_alloc(0, 0);
    if (key >= 0) pkey_free(key);
    return key >= 0;
#else
    return false;
#endif
}

uint64_t fl_host_mapping_limit(void) {
    unsigned long long limit = 65530;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    if (!file) return limit;
    if (fscanf(file, "%llu", &limit) != 1) limit = 65530;
    fclose(file);
    return limit;
}

bool fl_host_is_child(void) { return atomic_load_explicit(&is_child, memory_order_relaxed); }

#if defined(__linux__) && defined(__x86_64__)
// A forked child has no simulated RAM. What its windows showed it would share with its parent, so it goes.
static void leave_to_parent(void) {
    atomic_store(&is_child, true);
    for (unsigned i = 0; i < SLOTS; i++) {
        const uintptr_t base = atomic_load(&slots[i].base);
        if (base && map_nothing((void *)base, atomic_load(&slots[i].bytes), MAP_FIXED) == MAP_FAILED)
            fl_window_die("a forked child cannot let go of its parent's window", base);
    }
}

static int take_slot(fl_host_window *w, uint64_t bytes) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool watches_forks;
    int error = EAGAIN;
    pthread_mutex_lock(&lock);
    if (!watches_forks && pthread_atfork(NULL, NULL, leave_to_parent) == 0) watches_forks = true;
    for (unsigned i = 0; watches_forks && i < SLOTS; i++) {
        if (atomic_load(&slots[i].window) || atomic_load(&slots[i].users)) continue;
        atomic_store(&slots[i].bytes, bytes);
        atomic_store(&slots[i].window, w);
        atomic_store(&slots[i].base, (uintptr_t)w->base);
        error = 0;
        break;
    }
    pthread_mutex_unlock(&lock);
    return error;
}

int fl_host_window_open(fl_host_window *w, bool same_addresses) {
    const uint64_t bytes = w->window.end - w->window.start;
    void *base = MAP_FAILED;
    if (same_addresses) base = map_nothing((void *)w->window.start, bytes, MAP_FIXED_NOREPLACE);
    // A kernel before 4.17 takes the address for a wish.
    if (base != MAP_FAILED && base != (void *)w->window.start) {
        munmap(base, bytes);
        base = MAP_FAILED;
    }
    if (base == MAP_FAILED) base = map_nothing(NULL, bytes, 0);
    if (base == MAP_FAILED) return errno;
    w->base = base;
    w->window.shows_execute_only = fl_host_has_execute_only();
    int error = fl_window_install();
    if (!error) error = take_slot(w, bytes);
    if (error) munmap(base, bytes);
    return error;
}
#else
int fl_host_window_open(fl_host_window *w, bool same_addresses) {
    (void)w;
    (void)same_addresses;
    return ENOTSUP;
}
#endif

void fl_host_window_stop(fl_host_window *w) {
    for (unsigned i = 0; i < SLOTS; i++) {
        if (atomic_load(&slots[i].window) != w) continue;
        atomic_store(&slots[i].base, 0);
        // Touches that found the window before finish.
        while (atomic_load(&slots[i].users)) sched_yield();
        atomic_store(&slots[i].window, NULL);
    }
}

void fl_host_window_release(fl_host_window *w) {
    munmap(w->base, w->window.end - w->window.start);
    w->base = NULL;
}

fl_host_window *fl_host_window_use(const void *address, unsigned *slot) {
    for (unsigned i = 0; i < SLOTS; i++) {
        const uintptr_t base = atomic_load(&slots[i].base);
        if (!base || (uintptr_t)address - base >= atomic_load(&slots[i].bytes)) continue;
        atomic_fetch_add(&slots[i].users, 1);
        // The window may have gone meanwhile; once it is in use it stays.
        if (atomic_load(&slots[i].base) == base) {
            *slot = i;
            return atomic_load(&slots[i].window);
        }
        atomic_fetch_sub(&slots[i].users, 1);
    }
    return NULL;
}

void fl_host_window_release_use(unsigned slot) { atomic_fetch_sub(&slots[slot].users, 1); }
