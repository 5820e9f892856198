// Starts an agent: a process whose surroundings are the ones that LANGUAGE.md states (no randomisation, one processor,
// an 8 MiB stack and no other limits), traced from its first instruction.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent.h"

int fl_agent_processors(int32_t *numbers, int32_t capacity) {
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) < 0) return -errno;
    int count = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE && count < capacity; cpu++) {
        if (CPU_ISSET((size_t)cpu, &cpus)) numbers[count++] = cpu;
    }
    return count;
}

void fl_agent_run_on(const int32_t *numbers, int32_t count) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    for (int32_t i = 0; i < count; i++) {
        if (numbers[i] >= 0 && numbers[i] < CPU_SETSIZE) CPU_SET((size_t)numbers[i], &cpus);
    }
    if (CPU_COUNT(&cpus) > 0) sched_setaffinity(0, sizeof cpus, &cpus);
}

int fl_agent_pin(int pid, int32_t number) {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    if (number >= 0 && number < CPU_SETSIZE) CPU_SET((size_t)number, &cpus);
    return sched_setaffinity(pid, sizeof cpus, &cpus) < 0 ? -errno : 0;
}

// Has the calling thread run on one processor, or on any but it, if it can.
static void move(int32_t number, bool elsewhere) {
    cpu_set_t cpus;
    if (number < 0 || number >= CPU_SETSIZE || sched_getaffinity(0, sizeof cpus, &cpus) < 0) return;
    if (elsewhere) {
        CPU_CLR((size_t)number, &cpus);
    } else {
        CPU_ZERO(&cpus);
        CPU_SET((size_t)number, &cpus);
    }
    if (CPU_COUNT(&cpus) > 0) sched_setaffinity(0, sizeof cpus, &cpus);
}

int fl_agent_fill(int fd, uint64_t size, int32_t number, bool elsewhere) {
    unsigned char page[4096];
    cpu_set_t before;
    if (sched_getaffinity(0, sizeof before, &before) < 0) CPU_ZERO(&before);
    memset(page, 1, sizeof page);   // not a page of this thread faults in between the moves
    if (pwrite(fd, page, 0, 0) < 0) return -errno;
    move(number, elsewhere);
    int result = 0;
    for (uint64_t offset = 0; offset < size && result == 0; offset += sizeof page) {
        size_t length = size - offset < sizeof page ? (size_t)(size - offset) : sizeof page;
        memset(page, (int)(offset / sizeof page & 127) + 1, sizeof page);
        ssize_t written = pwrite(fd, page, length, (off_t)offset);
        if (written != (ssize_t)length) result = written < 0 ? -errno : -ENOSPC;
    }
    if (elsewhere && result == 0 && fsync(fd) < 0) result = -errno;
    if (CPU_COUNT(&before) > 0) sched_setaffinity(0, sizeof before, &before);
    return result;
}

// True for the limits that memory calls of a program meet; root (CAP_IPC_LOCK) may lock at will.
static int matters(int resource) {
    if (resource == RLIMIT_MEMLOCK) return geteuid() != 0;
    return resource == RLIMIT_STACK || resource == RLIMIT_AS || resource == RLIMIT_DATA || resource == RLIMIT_FSIZE;
}

static uint32_t lift_limits(uint64_t stack_limit) {
    const rlim_t locked_limit = 8 << 20;   // counts for a program that gives CAP_IPC_LOCK up
    static const int resources[] = {RLIMIT_AS, RLIMIT_DATA, RLIMIT_FSIZE, RLIMIT_MEMLOCK, RLIMIT_STACK, RLIMIT_CPU};
    uint32_t missing = 0;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY}, old;
        if (resources[i] == RLIMIT_STACK) limit.rlim_cur = stack_limit;
        if (resources[i] == RLIMIT_MEMLOCK) limit.rlim_cur = limit.rlim_max = locked_limit;
        if (setrlimit((__rlimit_resource_t)resources[i], &limit) == 0) continue;
        if (getrlimit((__rlimit_resource_t)resources[i], &old) < 0) continue;
        // Without privilege a hard limit can only stay, or fall.
        if (limit.rlim_max > old.rlim_max) limit.rlim_max = old.rlim_max;
        if (limit.rlim_cur > old.rlim_max) {
            limit.rlim_cur = old.rlim_max;
            if (matters(resources[i])) missing |= FL_AGENT_NO_LIMITS;
        }
        setrlimit((__rlimit_resource_t)resources[i], &limit);
    }
    const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    return missing;
}

static uint32_t set_surroundings(const fl_agent_options *options) {
    uint32_t missing = lift_limits(options->stack_limit);
    // On some machines root has no CAP_SYS_RESOURCE, which raises limits; here no program has it after exec.
    prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE, 0, 0, 0);
    sigset_t no_signals;
    sigemptyset(&no_signals);
    sigprocmask(SIG_SETMASK, &no_signals, 0);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    signal(SIGCHLD, SIG_IGN);   // inherited by exec: the agent's children need no wait
    setsid();                   // a Ctrl-C is the tracer's, not the agent's
    personality(ADDR_NO_RANDOMIZE);
    if (options->cpu >= 0) {
        cpu_set_t cpus;
        CPU_ZERO(&cpus);
        CPU_SET((size_t)options->cpu, &cpus);
        if (sched_setaffinity(0, sizeof cpus, &cpus) < 0) missing |= FL_AGENT_NO_AFFINITY;
    }
    // Without privilege, a user namespace of its own still lets the agent have its own System V segments.
    if (unshare(CLONE_NEWIPC) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWIPC) < 0) missing |= FL_AGENT_NO_IPC_NAMESPACE;
    return missing;
}

// With 1000 the agent is what the kernel takes first, should memory run short.
static void set_oom_score_adj(uint32_t adjustment) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    char text[16];
    int length = 0;
    for (uint32_t unit = 1000; unit > 0; unit /= 10) {
        // A zero in front would make it octal.
        if (adjustment >= unit || unit == 1) text[length++] = (char)('0' + adjustment / unit % 10);
    }
    if (write(fd, text, (size_t)length) != length) errno = 0;
    close(fd);
}

int fl_agent_shares_memory(int pid, int other) {
    const int kcmp_vm = 1;
    long order = syscall(SYS_kcmp, pid, other, kcmp_vm, 0ul, 0ul);
    return order < 0 ? -errno : order == 0;
}

// Runs in the child, which shares this process's memory until exec (vfork): async-signal-safe calls only.
static int become_agent(int image, const fl_agent_options *options, uint32_t *missing) {
    char *const arguments[] = {"/agent", NULL};
    char *const environment[] = {NULL};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    set_oom_score_adj(options->oom_score_adj);
    *missing = set_surroundings(options);
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) return errno;
    syscall(SYS_close_range, 0u, (unsigned)image - 1, 0u);
    syscall(SYS_close_range, (unsigned)image + 1, ~0u, 0u);
    syscall(SYS_execveat, image, "", arguments, environment, AT_EMPTY_PATH);
    return errno;
}

int fl_agent_spawn(int image, const fl_agent_options *options, uint32_t *missing) {
    volatile int error = 0;
    int pid = vfork();
    if (pid < 0) return -errno;
    if (pid == 0) {
        error = become_agent(image, options, missing);
        _exit(127);
    }
    int status;
    while (waitpid(pid, &status, __WALL) < 0) {
        if (errno != EINTR) return -errno;
    }
    if (!WIFSTOPPED(status)) return error ? -error : -ECHILD;
    if (ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC) < 0) {
        int failed = errno;
        fl_agent_kill(pid);
        return -failed;
    }
    return pid;
}
