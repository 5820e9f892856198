// ptrace(2): starts programs, takes their stops, and has stopped threads make system calls.
#define _GNU_SOURCE
#include "include/tracee.h"

#if defined(__x86_64__) && defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OPTIONS (PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)

bool fl_program_has_capabilities(const char *path) { return getxattr(path, "security.capability", NULL, 0) > 0; }

static void become_program(const fl_program *program, int gate, int trouble) {
    char byte;
    // Until it is traced. An end of file says that the tracer is gone.
    if (read(gate, &byte, 1) == 1) {
        if (!program->randomizes) personality(ADDR_NO_RANDOMIZE);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGINT, SIG_DFL);
        signal(SIGQUIT, SIG_DFL);
        execv(program->path, program->arguments);
        const int error = errno;
        (void)!write(trouble, &error, sizeof error);
    }
    _exit(127);
}

// Waits for the stop behind a successful execve, or takes the error that the child wrote.
static int await_program(int pid, int trouble) {
    while (true) {
        const fl_stop stop = fl_tracee_next(pid, true);
        if (stop.kind == FL_STOP_EXEC) return fl_tracee_settle(pid) ? pid : -ESRCH;
        if (stop.kind == FL_STOP_EXITED || stop.kind == FL_STOP_KILLED) {
            int error = 0;
            if (read(trouble, &error, sizeof error) != sizeof error) error = ENOEXEC;
            return -error;
        }
        if (stop.kind == FL_STOP_NONE) return -ESRCH;
        fl_tracee_continue(pid, stop.kind == FL_STOP_SIGNAL ? stop.value : 0, false);
    }
}

int fl_tracee_start(const fl_program *program) {
    int gate[2], trouble[2];
    if (pipe2(gate, O_CLOEXEC) < 0) return -errno;
    if (pipe2(trouble, O_CLOEXEC) < 0) {
        const int error = errno;
        close(gate[0]), close(gate[1]);
        return -error;
    }
    int result = fork();
    if (result == 0) {
        close(gate[1]), close(trouble[0]);
        become_program(program, gate[0], trouble[1]);
    }
    if (result < 0) result = -errno;
    close(gate[0]), close(trouble[1]);
    if (result > 0) {
        const int pid = result;
        if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) < 0) {
            result = -errno;
            fl_tracee_kill(pid);
            waitpid(pid, NULL, __WALL);
        } else {
            (void)!write(gate[1], "", 1);
            result = await_program(pid, trouble[0]);
        }
    }
    close(gate[1]), close(trouble[0]);
    return result;
}

static fl_stop stop_of(int thread, int status) {
    fl_stop stop = {.thread = thread};
    if (WIFEXITED(status)) return (fl_stop){.kind = FL_STOP_EXITED, .thread = thread, .value = WEXITSTATUS(status)};
    if (WIFSIGNALED(status)) return (fl_stop){.kind = FL_STOP_KILLED, .thread = thread, .value = WTERMSIG(status)};
    unsigned long message = 0;
    const int event = status >> 16;
    stop.value = WSTOPSIG(status);
    switch (event) {
    case 0: stop.kind = FL_STOP_SIGNAL; break;
    case PTRACE_EVENT_STOP: stop.kind = stop.value == SIGTRAP ? FL_STOP_TRAP : FL_STOP_GROUP; break;
    default:
        ptrace(PTRACE_GETEVENTMSG, thread, 0, &message);
        stop.value = (int)message;
        stop.shares_memory = event == PTRACE_EVENT_VFORK;
        stop.kind = event == PTRACE_EVENT_EXEC ? FL_STOP_EXEC : FL_STOP_NEW;
    }
    return stop;
}

fl_stop fl_tracee_next(int thread, bool waits) {
    int status;
    int found;
    do found = waitpid(thread ? thread : -1, &status, __WALL | (waits ? 0 : WNOHANG));
    while (found < 0 && errno == EINTR);
    return found > 0 ? stop_of(found, status) : (fl_stop){.kind = FL_STOP_NONE};
}

bool fl_tracee_settle(int thread) {
    // Inside execve the result of the call is still to be written over RAX.
    if (ptrace(PTRACE_INTERRUPT, thread, 0, 0) < 0) return false;
    fl_tracee_continue(thread, 0, false);
    while (true) {
        const fl_stop stop = fl_tracee_next(thread, true);
        if (stop.kind == FL_STOP_TRAP) return true;
        if (stop.kind == FL_STOP_NONE || stop.kind == FL_STOP_EXITED || stop.kind == FL_STOP_KILLED) return false;
        fl_tracee_continue(thread, stop.kind == FL_STOP_SIGNAL ? stop.value : 0, false);
    }
}

void fl_tracee_continue(int thread, int signal, bool listens) {
    ptrace(listens ? PTRACE_LISTEN : PTRACE_CONT, thread, 0, (uintptr_t)(unsigned)signal);
}

// Runs until INT3. `made` is the new thread of a clone.
static bool run_to_trap(int thread, int *made) {
    fl_tracee_continue(thread, 0, false);
    int faults = 0;
    while (true) {
        const fl_stop stop = fl_tracee_next(thread, true);
        switch (stop.kind) {
        case FL_STOP_SIGNAL:
            if (stop.value == SIGTRAP) return true;
            // The kernel looks for its part of a thread's memory (rseq(2)) each time: that does not end.
            if (stop.value == SIGSEGV && ++faults > 16) return false;
            break;
        case FL_STOP_NEW: *made = stop.value; break;
        case FL_STOP_NONE:
        case FL_STOP_EXITED:
        case FL_STOP_KILLED: return false;
        default: break;
        }
        fl_tracee_continue(thread, 0, false);
    }
}

int64_t fl_tracee_call(int thread, uint64_t place, uint64_t number, const uint64_t *a) {
    struct user_regs_struct saved, regs;
    uint64_t mask, blocked = ~(1ull << (SIGTRAP - 1));
    int made = 0;
    if (ptrace(PTRACE_GETREGS, thread, 0, &saved) < 0 || ptrace(PTRACE_GETSIGMASK, thread, 8, &mask) < 0) return -ESRCH;
    regs = saved;
    regs.rip = place;
    regs.rax = number;
    regs.orig_rax = ~0ull;
    regs.rdi = a[0], regs.rsi = a[1], regs.rdx = a[2], regs.r10 = a[3], regs.r8 = a[4], regs.r9 = a[5];
    // The trap must not reset the program's handler: it stays unblocked.
    ptrace(PTRACE_SETSIGMASK, thread, 8, &blocked);
    if (ptrace(PTRACE_SETREGS, thread, 0, &regs) < 0 || !run_to_trap(thread, &made)) return -ESRCH;
    if (ptrace(PTRACE_GETREGS, thread, 0, &regs) < 0) return -ESRCH;
    ptrace(PTRACE_SETREGS, thread, 0, &saved);
    ptrace(PTRACE_SETSIGMASK, thread, 8, &mask);
    return made ? made : (int64_t)regs.rax;
}

bool fl_tracee_launch(int thread, uint64_t rip, uint64_t rsp, uint64_t r15) {
    struct user_regs_struct regs;
    uint64_t blocked = ~0ull;
    // Its first stop may be still to come.
    if (fl_tracee_next(thread, true).kind != FL_STOP_TRAP) return false;
    if (ptrace(PTRACE_GETREGS, thread, 0, &regs) < 0) return false;
    regs.rip = rip, regs.rsp = rsp, regs.r15 = r15;
    regs.orig_rax = ~0ull;
    if (ptrace(PTRACE_SETSIGMASK, thread, 8, &blocked) < 0 || ptrace(PTRACE_SETREGS, thread, 0, &regs) < 0) return false;
    return ptrace(PTRACE_CONT, thread, 0, 0) == 0;
}

bool fl_tracee_signal(int thread, int *code, uint64_t *address) {
    siginfo_t info;
    if (ptrace(PTRACE_GETSIGINFO, thread, 0, &info) < 0) return false;
    *code = info.si_code;
    *address = (uint64_t)(uintptr_t)info.si_addr;
    return true;
}

uint64_t fl_tracee_read(int process, uint64_t address, void *bytes, uint64_t count) {
    const struct iovec local = {bytes, count}, remote = {(void *)(uintptr_t)address, count};
    const ssize_t done = process_vm_readv(process, &local, 1, &remote, 1, 0);
    return done > 0 ? (uint64_t)done : 0;
}

uint64_t fl_tracee_write(int process, uint64_t address, const void *bytes, uint64_t count) {
    const struct iovec local = {(void *)(uintptr_t)bytes, count}, remote = {(void *)(uintptr_t)address, count};
    const ssize_t done = process_vm_writev(process, &local, 1, &remote, 1, 0);
    return done > 0 ? (uint64_t)done : 0;
}

void fl_tracee_kill(int process) { kill(process, SIGKILL); }

int fl_tracee_events(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    const int events = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return events < 0 ? -errno : events;
}

#endif
