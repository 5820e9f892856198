// A memory cgroup of a program: its folder, its members and its limits.
#define _GNU_SOURCE
#include "memory_group.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "text_file.h"

static int write_number(const char *folder, const char *name, uint64_t number) {
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return fl_write_text(folder, name, text);
}

static ssize_t read_file(const char *folder, const char *name, char *buffer, size_t size) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fl_read_text(AT_FDCWD, path, buffer, size);
}

// The path of this process's group in a hierarchy: "4:memory:/path" of version 1, "0::/path" of version 2.
static void find_home(fl_memory_group *group, const char *root) {
    char text[4096];
    snprintf(group->home, sizeof group->home, "%s", root);
    if (read_file("/proc/self", "cgroup", text, sizeof text) < 0) return;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *path = strchr(line, '/');
        if (!path) continue;
        const int is_it = group->version == 1 ? strstr(line, ":memory:") != NULL : strncmp(line, "0::", 3) == 0;
        if (is_it && path[1]) snprintf(group->home, sizeof group->home, "%s%.150s", root, path);
    }
}

// Runs in a child of a process with several threads: async-signal-safe calls only.
static void stand_guard(int from, const char *path, const char *below) {
    setsid();
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGTERM, &ignore, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    for (int descriptor = 0; descriptor < 1024; descriptor++) {
        if (descriptor != from) close(descriptor);
    }
    char byte;
    ssize_t got;
    do got = read(from, &byte, 1);
    while (got > 0 || (got < 0 && errno == EINTR));
    // Its members end with the one that traces them.
    const struct timespec moment = {0, 10000000};
    // A refresh that was interrupted leaves the group below.
    rmdir(below);
    for (int tries = 0; tries < 500 && rmdir(path) < 0 && errno == EBUSY; tries++) nanosleep(&moment, NULL);
    _exit(0);
}

int fl_memory_group_make(fl_memory_group *group) {
    static int number = 0;
    const char *roots[] = {"/sys/fs/cgroup/memory", "/sys/fs/cgroup"};
    memset(group, 0, sizeof *group);
    group->version = access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) == 0 ? 1 : 2;
    const char *root = roots[group->version - 1];
    if (group->version == 2) {
        const int failed = fl_write_text(root, "cgroup.subtree_control", "+memory");
        if (failed < 0) return failed;
    }
    find_home(group, root);
    const int mine = __atomic_add_fetch(&number, 1, __ATOMIC_RELAXED);
    snprintf(group->path, sizeof group->path, "%s/faultline-%d-%d", root, getpid(), mine);
    if (mkdir(group->path, 0755) < 0) return -errno;
    char below[192];
    snprintf(below, sizeof below, "%s/below", group->path);
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
    const int child = fork();
    if (child == 0) {
        close(ends[1]);
        stand_guard(ends[0], group->path, below);
    }
    close(ends[0]);
    group->guard = ends[1];
    return child < 0 ? -EAGAIN : 0;
}

void fl_memory_group_remove(fl_memory_group *group) {
    const struct timespec moment = {0, 1000000};
    for (int tries = 0; tries < 1000 && rmdir(group->path) < 0 && errno == EBUSY; tries++) nanosleep(&moment, NULL);
    close(group->guard);
}

int fl_memory_group_enter(const fl_memory_group *group, int process) {
    return write_number(group->path, "cgroup.procs", (uint64_t)process);
}

int fl_memory_group_leave(const fl_memory_group *group, int process) {
    return write_number(group->home, "cgroup.procs", (uint64_t)process);
}

int fl_memory_group_limit(const fl_memory_group *group, uint64_t bytes) {
    return write_number(group->path, group->version == 1 ? "memory.limit_in_bytes" : "memory.max", bytes);
}

int fl_memory_group_swappiness(const fl_memory_group *group, uint64_t value) {
    return write_number(group->path, "memory.swappiness", value);
}

int64_t fl_memory_group_kills(const fl_memory_group *group) {
    char text[4096];
    const char *name = group->version == 1 ? "memory.oom_control" : "memory.events";
    const ssize_t got = read_file(group->path, name, text, sizeof text);
    if (got < 0) return got;
    const char *line = strstr(text, "oom_kill ");
    return line ? atoll(line + 9) : 0;
}

// The kernel gathers figures on its own every two seconds, or for who reads them after many changes: pages that come and go in a group
// below count as changes of this one.
int fl_memory_group_refresh(const fl_memory_group *group) {
    char text[8192];
    char below[192];
    snprintf(below, sizeof below, "%s/below", group->path);
    if (mkdir(below, 0755) < 0 && errno != EEXIST) return -errno;
    const int child = fork();
    if (child < 0) return -errno;
    if (child == 0) {
        const size_t bytes = 1024 * 4096;
        if (write_number(below, "cgroup.procs", (uint64_t)getpid()) < 0) _exit(1);
        char *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages == MAP_FAILED) _exit(1);
        for (size_t offset = 0; offset < bytes; offset += 4096) pages[offset] = 1;
        munmap(pages, bytes);
        _exit(0);
    }
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    rmdir(below);
    const ssize_t got = read_file(group->path, "memory.stat", text, sizeof text);
    return got < 0 ? (int)got : 0;
}

int fl_process_was_killed(int process) {
    int status;
    return waitpid(process, &status, WNOHANG | __WALL) == process && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void fl_forget_pages(int file) { posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED); }
