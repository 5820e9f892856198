// Operations on another process's memory.
#define _GNU_SOURCE
#include "exec_internal.h"

#if defined(__x86_64__) && defined(__linux__)

#include <errno.h>
#include <stddef.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SPINS 2000
#define PATIENCE 100  // waits of 100 ms

static uint32_t load(uint32_t *word) { return atomic_load((_Atomic uint32_t *)word); }
static void store(uint32_t *word, uint32_t value) { atomic_store((_Atomic uint32_t *)word, value); }

static int wait_done(fl_remote *remote, uint32_t request, bool moves) {
    fl_mailbox *box = remote->mailbox;
    // mremap(2) waits until somebody has read of it.
    while (moves && load(&box->done) != request) {
        const int error = fl_remote_gather(remote);
        if (error) return error;
        if (load(&box->done) != request && kill(remote->assistant, 0) < 0) return ESRCH;
    }
    for (int spin = 0; spin < SPINS; spin++) {
        if (load(&box->done) == request) return 0;
        __builtin_ia32_pause();
    }
    for (int tries = 0; tries < PATIENCE; tries++) {
        store(&box->other_sleeps, 1);
        const uint32_t done = load(&box->done);
        if (done != request) {
            const struct timespec time = {0, 100000000};
            syscall(SYS_futex, &box->done, FUTEX_WAIT, done, &time, NULL, 0);
        }
        store(&box->other_sleeps, 0);
        if (load(&box->done) == request) return 0;
        if (kill(remote->assistant, 0) < 0) return ESRCH;
    }
    return ETIME;
}

static int run(fl_remote *remote, const fl_operation *operations, uint32_t count, bool moves) {
    fl_mailbox *box = remote->mailbox;
    if (!box || remote->assistant <= 0) return ESRCH;
    if (count > FL_OPERATIONS) return EPROTO;
    memcpy(box->operations, operations, count * sizeof *operations);
    // Where it ends early the rest has not been made.
    for (uint32_t i = 0; i < count; i++) box->operations[i].result = -ECANCELED;
    store(&box->count, count);
    const uint32_t request = load(&box->request) + 1;
    store(&box->request, request);
    if (load(&box->assistant_sleeps)) syscall(SYS_futex, &box->request, FUTEX_WAKE, 1, NULL, NULL, 0);
    const int error = wait_done(remote, request, moves);
    if (error) return error;
    remote->operations += count;
    for (uint32_t i = 0; i < count; i++) {
        // The program can write here: a number that no call returns is its doing.
        const int64_t result = atomic_load((_Atomic int64_t *)&box->operations[i].result);
        if (result < -4095) return EPROTO;
        if (result < 0) return (int)-result;
    }
    return 0;
}

int fl_remote_run(fl_remote *remote, const fl_operation *operations, uint32_t count) {
    return run(remote, operations, count, false);
}

static fl_operation map(uint64_t start, uint64_t bytes, uint64_t protection, uint64_t flags, uint64_t file, uint64_t offset) {
    return (fl_operation){SYS_mmap, {start, bytes, protection, flags, file, offset}, 0};
}

static int run_one(fl_remote *remote, fl_operation operation) { return fl_remote_run(remote, &operation, 1); }

static int watch(fl_remote *remote, uint64_t start, uint64_t bytes, uint64_t mode) {
    struct uffdio_register range = {.range = {start, bytes}, .mode = mode};
    return ioctl(remote->faults, UFFDIO_REGISTER, &range) < 0 ? errno : 0;
}

static int write_protect(fl_remote *remote, uint64_t start, uint64_t bytes, uint64_t mode) {
    struct uffdio_writeprotect range = {.range = {start, bytes}, .mode = mode};
    return ioctl(remote->faults, UFFDIO_WRITEPROTECT, &range) < 0 ? errno : 0;
}

// Where other threads run, memory is made ready elsewhere and moved to `start`: at no moment may a thread, or the kernel on its behalf, find
// less than the program has, or write what is not told. Says where it is. Programs seldom have these addresses.
static int prepare(fl_remote *remote, fl_operation mapping, uint64_t start, uint64_t *place) {
    static const uint64_t places[] = {0x180000000000ull, 0x280000000000ull, 0x380000000000ull, 0x480000000000ull};
    const uint64_t bytes = mapping.arguments[1];
    int error = ENOMEM;
    mapping.arguments[3] |= MAP_FIXED_NOREPLACE;
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        *place = mapping.arguments[0] = places[i];
        if (*place < start + bytes && start < *place + bytes) continue;
        error = run_one(remote, mapping);
        if (error != EEXIST) break;
    }
    return error;
}

// Moves what was made ready, unless that came to an error.
static int move(fl_remote *remote, int error, uint64_t place, uint64_t bytes, uint64_t start) {
    const fl_operation call = {SYS_mremap, {place, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, start}, 0};
    if (!error) error = run(remote, &call, 1, true);
    if (error) fl_remote_remove(remote, place, bytes);
    return error;
}

int fl_remote_reserve(fl_remote *remote, uint64_t start, uint64_t bytes, uint32_t protection, bool is_alone) {
    const uint64_t flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint64_t place = start;
    int error;
    if (is_alone) error = run_one(remote, map(start, bytes, protection, flags | MAP_FIXED, (uint64_t)-1, 0));
    else error = prepare(remote, map(0, bytes, protection, flags, (uint64_t)-1, 0), start, &place);
    if (error) return error;
    error = watch(remote, place, bytes, UFFDIO_REGISTER_MODE_MISSING);
    return is_alone ? error : move(remote, error, place, bytes, start);
}

int fl_remote_remove(fl_remote *remote, uint64_t start, uint64_t bytes) {
    return run_one(remote, (fl_operation){SYS_munmap, {start, bytes}, 0});
}

int fl_remote_forbid(fl_remote *remote, uint64_t start, uint64_t bytes) {
    return run_one(remote, map(start, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, (uint64_t)-1, 0));
}

int fl_remote_lend(fl_remote *remote, uint64_t page) {
    return run_one(remote, map(page, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, (uint64_t)-1, 0));
}

int fl_remote_break(fl_remote *remote, uint64_t page) {
    // Behind the end of the file.
    return run_one(remote, map(page, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, (uint64_t)remote->remote_ram,
                               (remote->ram_bytes + 4095) & ~4095ull));
}

int fl_remote_show(fl_remote *remote, uint64_t start, uint64_t bytes, uint64_t offset, uint32_t protection, bool tells_writes,
                   bool is_alone) {
    const bool watches = tells_writes && protection & PROT_WRITE;
    const uint64_t flags = MAP_SHARED | MAP_NORESERVE, ram = (uint64_t)remote->remote_ram;
    if (!watches || is_alone) {
        const int error = run_one(remote, map(start, bytes, protection, flags | MAP_FIXED, ram, offset));
        return error || !watches ? error : fl_remote_tell_writes(remote, start, bytes, true);
    }
    uint64_t place;
    const int error = prepare(remote, map(0, bytes, protection, flags, ram, offset), start, &place);
    return error ? error : move(remote, fl_remote_tell_writes(remote, place, bytes, true), place, bytes, start);
}

int fl_remote_tell_writes(fl_remote *remote, uint64_t start, uint64_t bytes, bool tells) {
    if (tells) {
        const int error = watch(remote, start, bytes, UFFDIO_REGISTER_MODE_WP);
        return error ? error : write_protect(remote, start, bytes, UFFDIO_WRITEPROTECT_MODE_WP);
    }
    int error = write_protect(remote, start, bytes, 0);
    if (error != ENOENT) return error;
    // Pages whose writes were never told are among them.
    for (uint64_t page = start; page < start + bytes; page += 4096) {
        error = write_protect(remote, page, 4096, 0);
        if (error && error != ENOENT) return error;
    }
    return 0;
}

int fl_remote_protect(fl_remote *remote, uint64_t start, uint64_t bytes, uint32_t protection) {
    return run_one(remote, (fl_operation){SYS_mprotect, {start, bytes, protection}, 0});
}

int fl_remote_keep_from_child(fl_remote *remote, uint64_t start, uint64_t bytes) {
    return run_one(remote, (fl_operation){SYS_madvise, {start, bytes, MADV_DONTFORK}, 0});
}

int fl_remote_map_file(fl_remote *remote, const char *path, int open_flags, uint64_t start, uint64_t bytes, uint32_t protection,
                       uint32_t flags, uint64_t offset) {
    // The text stands behind the operations that are used here: the mailbox is memory that both have.
    const uint64_t place = FL_ASSISTANT_MAILBOX + offsetof(fl_mailbox, operations[FL_OPERATIONS - 4]);
    char *text = (char *)&remote->mailbox->operations[FL_OPERATIONS - 4];
    if (strlen(path) >= 4 * sizeof(fl_operation)) return ENAMETOOLONG;
    strcpy(text, path);
    // Its descriptors are the one of RAM and those that it opens: the next is known only when it is there.
    fl_operation open_it = {SYS_openat, {(uint64_t)AT_FDCWD, place, (uint64_t)open_flags | O_CLOEXEC, 0}, 0};
    int error = fl_remote_run(remote, &open_it, 1);
    if (error) return error;
    const int64_t file = remote->mailbox->operations[0].result;
    const fl_operation rest[] = {
        map(start, bytes, protection, flags | MAP_FIXED, (uint64_t)file, offset),
    };
    error = fl_remote_run(remote, rest, 1);
    run_one(remote, (fl_operation){SYS_close, {(uint64_t)file}, 0});
    return error;
}

int fl_remote_call(fl_remote *remote, uint64_t number, uint64_t a, uint64_t b, uint64_t c) {
    return run_one(remote, (fl_operation){number, {a, b, c}, 0});
}

void fl_remote_wake(fl_remote *remote, uint64_t page) {
    struct uffdio_range range = {page, 4096};
    ioctl(remote->faults, UFFDIO_WAKE, &range);
}

#endif
