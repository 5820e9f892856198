// Starts a program of the host and stops it before its first instruction, for a look at its address space.
#define _GNU_SOURCE
#include "exec_stop.h"

#include <errno.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Runs in the child, which shares this process's memory until exec (vfork): async-signal-safe calls only.
static int become_program(const fl_exec *program) {
    const struct rlimit stack = {program->stack_limit, RLIM_INFINITY};
    unsigned long persona = 0;
    if (!program->randomizes) persona |= ADDR_NO_RANDOMIZE;
    if (program->is_legacy) persona |= ADDR_COMPAT_LAYOUT;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct rlimit old;
    if (setrlimit(RLIMIT_STACK, &stack) < 0) {
        // Without privilege the hard limit can only stay.
        if (getrlimit(RLIMIT_STACK, &old) < 0) return errno;
        old.rlim_cur = program->stack_limit;
        if (setrlimit(RLIMIT_STACK, &old) < 0) return errno;
    }
    if (personality(persona) < 0 || ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) return errno;
    execve(program->path, program->arguments, program->environment);
    return errno;
}

int fl_exec_stopped(const fl_exec *program) {
    volatile int error = 0;
    int pid = vfork();
    if (pid < 0) return -errno;
    if (pid == 0) {
        error = become_program(program);
        _exit(127);
    }
    int status;
    while (waitpid(pid, &status, __WALL) < 0) {
        if (errno != EINTR) return -errno;
    }
    if (!WIFSTOPPED(status)) return error ? -error : FL_EXEC_DIED;
    if (WSTOPSIG(status) == SIGTRAP) return pid;
    // execve failed beyond its point of no return, where it can only send SIGSEGV.
    fl_exec_kill(pid);
    return FL_EXEC_DIED;
}

void fl_exec_kill(int pid) {
    kill(pid, SIGKILL);
    while (waitpid(pid, 0, __WALL) < 0 && errno == EINTR) {
    }
}
