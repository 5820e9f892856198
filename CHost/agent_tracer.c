// Drives an agent with ptrace(2): sets its registers, lets it run to the next trap, and says what stopped it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"
#include "agent_code.h"

#ifdef __x86_64__

static fl_agent_result host_error(int error) {
    return (fl_agent_result){.outcome = FL_AGENT_HOST_ERROR, .number = error};
}

static int wait_for(int pid, int *status) {
    while (waitpid(pid, status, __WALL) < 0) {
        if (errno != EINTR) return -errno;
    }
    return 0;
}

// Whether agents of this thread may sleep for a userfaultfd: then they are looked at while they run.
static _Thread_local bool is_watching;

void fl_agent_watch(bool watches) { is_watching = watches; }

// As wait_for; returns 1 or 2 where the agent sleeps so (fl_agent_sleep), and gives up after about a minute.
static int wait_or_sleep(int pid, int *status) {
    if (!is_watching) return wait_for(pid, status);
    for (int turn = 0; turn < 1000000; turn++) {
        int got = waitpid(pid, status, __WALL | WNOHANG);
        if (got > 0) return 0;
        if (got < 0 && errno != EINTR) return -errno;
        int sleep = fl_agent_sleep(pid);
        if (sleep > 0) return sleep;
        usleep(20);
    }
    return -ETIMEDOUT;
}

// A fault's signal has a positive code; one that another process sent has not, and is swallowed.
static int is_fault(int signal, const siginfo_t *info) {
    return (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE) && info->si_code > 0;
}

// Fills in what the registers say after a stop at a trap or fault.
static fl_agent_result stopped(int pid, fl_agent_result result, struct user_regs_struct *regs) {
    if (ptrace(PTRACE_GETREGS, pid, 0, regs) < 0) return host_error(errno);
    result.value = regs->rax;
    result.count = regs->r8;
    return result;
}

// Follows the agent, which is stopped or (`is_running`) runs already, until a trap, a fault or its end. A parent that begins to
// wait in vfork is left running.
static fl_agent_result follow(int pid, int is_running, struct user_regs_struct *regs) {
    fl_agent_result result = {.outcome = FL_AGENT_DONE};
    for (;; is_running = 0) {
        int status;
        if (!is_running && ptrace(PTRACE_CONT, pid, 0, 0) < 0 && errno != ESRCH) return host_error(errno);
        int failed = wait_or_sleep(pid, &status);
        if (failed < 0) return host_error(-failed);
        if (failed > 0) {
            result.outcome = FL_AGENT_SLEEPS;
            result.code = failed;
            return result;
        }
        if (!WIFSTOPPED(status)) {
            result.outcome = FL_AGENT_DIED;
            result.number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
            return result;
        }
        if (status >> 16 == PTRACE_EVENT_FORK || status >> 16 == PTRACE_EVENT_VFORK) {
            unsigned long child = 0;
            if (ptrace(PTRACE_GETEVENTMSG, pid, 0, &child) < 0) return host_error(errno);
            result.child = (int32_t)child;
            result.value = child;
            if (status >> 16 == PTRACE_EVENT_FORK) continue;
            if (ptrace(PTRACE_CONT, pid, 0, 0) < 0) return host_error(errno);
            return result;
        }
        if (status >> 16 == PTRACE_EVENT_EXEC) {
            result.outcome = FL_AGENT_BECAME;
            return stopped(pid, result, regs);
        }
        siginfo_t info;
        int signal = WSTOPSIG(status);
        if (status >> 16 != 0 || ptrace(PTRACE_GETSIGINFO, pid, 0, &info) < 0) continue;
        if (signal == SIGTRAP && info.si_code > 0) return stopped(pid, result, regs);
        if (is_fault(signal, &info)) {
            result.outcome = FL_AGENT_SIGNAL;
            result.number = signal;
            result.code = info.si_code;
            result.address = (uint64_t)info.si_addr;
            if (signal == SIGSEGV && info.si_code == SEGV_PKUERR) result.key = (int32_t)info.si_pkey;
            return stopped(pid, result, regs);
        }
    }
}

static fl_agent_result run(int pid, struct user_regs_struct *regs) { return follow(pid, 0, regs); }

fl_agent_result fl_agent_begin(int pid) {
    struct user_regs_struct regs;
    return follow(pid, 0, &regs);
}

// The new child stops once by itself, then is taken to the trap that ends the call.
static fl_agent_result with_child(fl_agent_result result) {
    if (result.outcome != FL_AGENT_DONE || result.child == 0) return result;
    int status;
    int failed = wait_for(result.child, &status);
    if (failed < 0) return host_error(-failed);
    struct user_regs_struct child;
    fl_agent_result first = run(result.child, &child);
    return first.outcome == FL_AGENT_DONE ? result : first;
}

fl_agent_result fl_agent_resume(int pid) {
    struct user_regs_struct regs;
    return with_child(follow(pid, 1, &regs));
}

static fl_agent_result run_at(int pid, struct user_regs_struct *regs) {
    regs->orig_rax = ~0ull;
    if (ptrace(PTRACE_SETREGS, pid, 0, regs) < 0) return host_error(errno);
    return run(pid, regs);
}

static int is_own_code(uint64_t address) {
    return address >= FL_AGENT_TEXT && address < FL_AGENT_TEXT + 4096;
}

fl_agent_result fl_agent_warm(int pid, uint64_t start, uint64_t end) {
    fl_agent_result result = fl_agent_access_memory(pid, FL_AGENT_LOAD, FL_AGENT_HEADER, 0, 0);
    if (result.outcome == FL_AGENT_DONE) {
        struct user_regs_struct regs;
        if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0) return host_error(errno);
        regs.rip = FL_AGENT_AT(fl_agent_code_warm);
        regs.rdi = start;
        regs.rsi = end;
        result = run_at(pid, &regs);
    }
    if (result.outcome == FL_AGENT_SIGNAL) result.outcome = FL_AGENT_OWN_FAULT;
    return result;
}

fl_agent_result fl_agent_syscall(int pid, uint64_t number, const uint64_t *arguments) {
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0) return host_error(errno);
    regs.rip = FL_AGENT_AT(fl_agent_code_syscall);
    regs.rax = number;
    regs.rdi = arguments[0];
    regs.rsi = arguments[1];
    regs.rdx = arguments[2];
    regs.r10 = arguments[3];
    regs.r8 = arguments[4];
    regs.r9 = arguments[5];
    fl_agent_result result = run_at(pid, &regs);
    if (result.outcome == FL_AGENT_SIGNAL) result.outcome = FL_AGENT_OWN_FAULT;
    return with_child(result);
}

#define TRAP_FLAG 0x100ull

static int is_canonical(uint64_t address) {
    return (int64_t)(address << 16) >> 16 == (int64_t)address;
}

// Whether `address` lies in the vsyscall page, but is not where one of its three calls begins.
static int is_beside_vsyscalls(uint64_t address) {
    const uint64_t offset = address - 0xffffffffff600000ull;
    return offset < 4096 && (offset % 1024 != 0 || offset / 1024 == 3);
}

// Whether the signal says that the byte at `address` could not be fetched; else an instruction that is there raised it.
static int is_of_fetch(const fl_agent_result *result, uint64_t address) {
    if (result->number != SIGSEGV && result->number != SIGBUS) return 0;
    if (result->code == SI_KERNEL) return !is_canonical(address) || is_beside_vsyscalls(address);
    return result->address == address;
}

// RET is executed as such, alone, from a return address that the tracer puts below the agent's stack. The trap flag does
// that: PTRACE_SINGLESTEP would have the kernel read the instruction first, which counts as an access.
static fl_agent_result execute(int pid, struct user_regs_struct *regs, uint64_t address) {
    const uint64_t home = FL_AGENT_TEXT;
    const uint64_t stack = regs->rsp;
    regs->rsp = (stack & ~15ull) - 512;
    int failed = fl_agent_write(pid, regs->rsp, &home, sizeof home);
    if (failed == -EIO || failed == -EFAULT) return (fl_agent_result){.outcome = FL_AGENT_OWN_FAULT};
    if (failed < 0) return host_error(-failed);
    regs->rip = address;
    regs->orig_rax = ~0ull;
    regs->rax = ~0ull;   // no such system call, should the instruction be SYSCALL
    regs->r8 = 0;
    regs->eflags |= TRAP_FLAG;
    if (ptrace(PTRACE_SETREGS, pid, 0, regs) < 0) return host_error(errno);
    fl_agent_result result = run(pid, regs);
    // Its registers cannot be put back while it sleeps.
    if (result.outcome == FL_AGENT_SLEEPS) return host_error(EBUSY);
    if (result.outcome == FL_AGENT_DONE && regs->rip != home) result.outcome = FL_AGENT_NOT_RET;
    if (result.outcome == FL_AGENT_SIGNAL && !is_of_fetch(&result, address)) result.outcome = FL_AGENT_NOT_RET;
    if (result.outcome == FL_AGENT_DIED || result.outcome == FL_AGENT_HOST_ERROR) return result;
    regs->rsp = stack;
    regs->eflags &= ~TRAP_FLAG;
    if (ptrace(PTRACE_SETREGS, pid, 0, regs) < 0) return host_error(errno);
    return result;
}

fl_agent_result fl_agent_access_memory(int pid, fl_agent_access kind, uint64_t first, uint64_t end, uint8_t byte) {
    static const uint8_t *const code[] = {fl_agent_code_load, fl_agent_code_store, fl_agent_code_reads,
                                          fl_agent_code_writes};
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0) return host_error(errno);
    if (kind == FL_AGENT_EXECUTE) return execute(pid, &regs, first);
    regs.rip = FL_AGENT_AT(code[kind]);
    regs.rdi = first;
    regs.rsi = end;
    regs.rdx = byte;
    regs.r8 = 0;
    fl_agent_result result = run_at(pid, &regs);
    // A fault that an access did not make: the agent cannot fetch its own code.
    if (result.outcome == FL_AGENT_SIGNAL && result.code != SI_KERNEL && result.address != regs.rdi) {
        if (is_own_code(result.address)) result.outcome = FL_AGENT_OWN_FAULT;
    }
    return result;
}

// Both instructions want RCX to be 0, and WRPKRU RDX too.
static fl_agent_result run_pkru(int pid, const uint8_t *code, uint32_t value) {
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0) return host_error(errno);
    regs.rip = FL_AGENT_AT(code);
    regs.rax = value;
    regs.rcx = regs.rdx = 0;
    fl_agent_result result = run_at(pid, &regs);
    if (result.outcome != FL_AGENT_SIGNAL) return result;
    // Where the agent keeps the instruction is no business of the program's.
    if (result.number == SIGILL) result.address = 0;
    else result.outcome = FL_AGENT_OWN_FAULT;
    return result;
}

fl_agent_result fl_agent_write_pkru(int pid, uint32_t value) { return run_pkru(pid, fl_agent_code_wrpkru, value); }

fl_agent_result fl_agent_read_pkru(int pid) { return run_pkru(pid, fl_agent_code_rdpkru, 0); }

fl_agent_result fl_agent_exit(int pid, int status) {
    const uint64_t arguments[6] = {(uint64_t)(uint32_t)status};
    return fl_agent_syscall(pid, SYS_exit_group, arguments);
}

void fl_agent_kill(int pid) {
    int status;
    if (kill(pid, SIGKILL) < 0) return;
    while (wait_for(pid, &status) == 0 && WIFSTOPPED(status)) {}
}

int fl_agent_write(int pid, uint64_t address, const void *bytes, size_t count) {
    const uint8_t *from = bytes;
    for (size_t done = 0; done < count; done += sizeof(long)) {
        long word;
        size_t part = count - done < sizeof word ? count - done : sizeof word;
        if (part < sizeof word) {
            errno = 0;
            word = ptrace(PTRACE_PEEKDATA, pid, address + done, 0);
            if (errno) return -errno;
        }
        memcpy(&word, from + done, part);
        if (ptrace(PTRACE_POKEDATA, pid, address + done, word) < 0) return -errno;
    }
    return 0;
}

int fl_agent_read(int pid, uint64_t address, void *bytes, size_t count) {
    struct iovec to = {bytes, count}, from = {(void *)(uintptr_t)address, count};
    ssize_t n = process_vm_readv(pid, &to, 1, &from, 1, 0);
    if (n < 0) return -errno;
    return (size_t)n == count ? 0 : -EFAULT;
}

#endif
