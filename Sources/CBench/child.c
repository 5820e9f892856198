#define _GNU_SOURCE
#include "bench_child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_tables.h"

static uint64_t nanoseconds(struct timeval t) { return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_usec * 1000; }

int fl_bench_run_child(char *const *arguments, fl_bench_child *child) {
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions)) return -1;
    pid_t pid;
    const uint64_t start = fl_bench_wall();
    int failed = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!failed) failed = posix_spawn(&pid, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed) return -1;
    int status;
    struct rusage usage;
    if (wait4(pid, &status, 0, &usage) != pid) return -1;
    child->wall = fl_bench_wall() - start;
    child->user = nanoseconds(usage.ru_utime);
    child->system = nanoseconds(usage.ru_stime);
    child->resident = (uint64_t)usage.ru_maxrss << 10;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
