#define _GNU_SOURCE
#include "kernel_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <unistd.h>

// What a signal's handler must find: the guard, and the pipe whose end tells it that its time has come.
static _Atomic int guard = 0, guard_pipe = -1, handles = 0;
static const int endings[] = {SIGINT, SIGTERM, SIGHUP};
#define ENDINGS (sizeof endings / sizeof *endings)
static struct sigaction previous[ENDINGS];

int fl_kernel_lock(const char *path, int exclusive) {
    // Permission to read the file is permission to lock it: a run without root holds it too.
    int lock = open(path, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    // A folder for everyone may keep the file of another user from being made again.
    if (lock < 0) lock = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (lock < 0) return -errno;
    while (flock(lock, exclusive ? LOCK_EX : LOCK_SH) < 0) {
        if (errno == EINTR) continue;
        const int failed = errno;
        close(lock);
        return -failed;
    }
    return lock;
}

static int put_back(const fl_kernel_setting *setting) {
    if (setting->is_swap) {
        // It may be off already, or never have been there.
        if (swapoff(setting->path) < 0 && errno != EINVAL && errno != ENOENT) return 1;
        if (strncmp(setting->path, "/dev/", 5) != 0) unlink(setting->path);
        return 0;
    }
    const int file = open(setting->path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return 1;
    const size_t length = strlen(setting->value);
    const int failed = write(file, setting->value, length) != (ssize_t)length;
    close(file);
    return failed;
}

// Runs in a child of a process with several threads: async-signal-safe calls only.
static void stand_guard(int from, const fl_kernel_setting *settings, uint32_t count, int lock) {
    prctl(PR_SET_NAME, "faultline-guard");
    // A group of its own: what ends the whole group of the parent leaves it.
    setsid();
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < ENDINGS; i++) sigaction(endings[i], &ignore, NULL);
    sigaction(SIGQUIT, &ignore, NULL);
    for (int descriptor = 0; descriptor < 1024; descriptor++) {
        if (descriptor != from && descriptor != lock) close(descriptor);
    }
    char byte;
    ssize_t got;
    do got = read(from, &byte, 1);
    while (got > 0 || (got < 0 && errno == EINTR));
    int failed = 0;
    for (uint32_t i = 0; i < count; i++) failed |= put_back(&settings[i]);
    _exit(failed);
}

// Async-signal-safe.
static int end_guard(void) {
    const int child = atomic_exchange(&guard, 0);
    const int pipe_end = atomic_exchange(&guard_pipe, -1);
    if (pipe_end >= 0) close(pipe_end);
    if (child <= 0) return 0;
    int status;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void end_process(int signal) {
    end_guard();
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(signal, &standard, NULL);
    // It is blocked here, and comes when this handler has returned.
    raise(signal);
}

int fl_kernel_guard_start(const fl_kernel_setting *settings, uint32_t count, int lock) {
    if (atomic_load(&guard) != 0) return -EBUSY;
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    const int child = fork();
    if (child < 0) {
        const int failed = errno;
        close(ends[0]);
        close(ends[1]);
        return -failed;
    }
    if (child == 0) stand_guard(ends[0], settings, count, lock);
    close(ends[0]);
    atomic_store(&guard_pipe, ends[1]);
    atomic_store(&guard, child);
    for (size_t i = 0; i < ENDINGS; i++) {
        struct sigaction action = {.sa_handler = end_process};
        sigfillset(&action.sa_mask);
        sigaction(endings[i], NULL, &previous[i]);
        // What was ignored (nohup) stays so.
        if (previous[i].sa_handler != SIG_IGN) sigaction(endings[i], &action, NULL);
    }
    atomic_store(&handles, 1);
    return 0;
}

int fl_kernel_guard_finish(void) {
    const int result = end_guard();
    if (!atomic_exchange(&handles, 0)) return result;
    for (size_t i = 0; i < ENDINGS; i++) sigaction(endings[i], &previous[i], NULL);
    return result;
}
