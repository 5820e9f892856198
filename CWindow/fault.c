// The handler of SIGSEGV: a host fault in a window becomes an access of the simulated machine.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <ucontext.h>

#include "CShim.h"
#include "CWindow.h"

static struct sigaction previous;

// How often one instruction may fault at one address in a row. Other threads can hide the page again and again, but not so often.
#define REPEATS 100000
static _Thread_local struct { uint64_t instruction, address, kind, count; } last;

static void set_host_signal(siginfo_t *info, const fl_touch *touch) {
    info->si_code = touch->code;
    info->si_signo = touch->signal;
}

#if defined(__linux__) && defined(__x86_64__)
// Bits 1 and 4 of the page fault's error code.
static uint32_t kind_of(const ucontext_t *host) {
    const greg_t error = host->uc_mcontext.gregs[REG_ERR];
    return error & 16 ? 2 : error & 2 ? 1 : 0;
}

static uint64_t instruction_of(const ucontext_t *host) { return (uint64_t)host->uc_mcontext.gregs[REG_RIP]; }
#else
static uint32_t kind_of(const ucontext_t *host) { (void)host; return 0; }
static uint64_t instruction_of(const ucontext_t *host) { (void)host; return 0; }
#endif

static void note_progress(const fl_touch *touch, uint64_t instruction) {
    if (last.instruction != instruction || last.address != touch->address || last.kind != touch->kind) {
        last.instruction = instruction;
        last.address = touch->address;
        last.kind = touch->kind;
        last.count = 0;
    } else if (++last.count > REPEATS) {
        fl_window_die("an access faults again and again, although the page is shown", touch->address);
    }
}

// Counts the touch with the chain of its callers.
static void count_call_site(fl_call_sites *sites, const fl_touch *touch, const ucontext_t *host) {
    fl_call_chain chain;
    fl_call_chain_gather(&chain, host, FL_CHAIN_MAX);
    fl_call_sites_add(sites, (fl_fault_kind)touch->fault, touch->address, &chain);
}

// Makes the touch in the machine.
static fl_touch make(fl_host_window *w, const siginfo_t *info, const ucontext_t *host) {
    fl_touch touch = {.kind = kind_of(host)};
    touch.address = w->window.start + (uint64_t)((const uint8_t *)info->si_addr - w->base);
    const int error = pthread_mutex_lock(&w->entry->mutex);
    if (error == EDEADLK) fl_window_die("a thread touches a window while it is in the machine", touch.address);
    if (error) fl_window_die("a thread cannot enter the machine", touch.address);
    w->touches++;
    w->touch(w, w->context, &touch);
    if (w->entry->sites) count_call_site(w->entry->sites, &touch, host);
    if (w->observe) w->observe(w->observer, w, &touch, host);
    pthread_mutex_unlock(&w->entry->mutex);
    return touch;
}

// False where the fault is not a window's, or no one is there to be told of its refusal: the signal is another handler's then.
static bool take(int signal, void *information, void *host) {
    siginfo_t *info = information;
    // What the kernel sends for an access has a positive code.
    if (signal != SIGSEGV || info->si_code <= 0) return false;
    unsigned slot = 0;
    fl_host_window *w = fl_host_window_use(info->si_addr, &slot);
    if (!w) return false;
    if (fl_host_is_child()) fl_window_die("a forked child touches a window of its parent", (uintptr_t)info->si_addr);
    const int saved = errno;
    const fl_touch touch = make(w, info, host);
    fl_host_window_release_use(slot);
    errno = saved;
    if (touch.status == FL_TOUCH_SHOWN) {
        note_progress(&touch, instruction_of(host));
        return true;
    }
    last.count = 0;
    fl_window_jump(&touch, host);
    // Nobody runs this code so that it could be left: it dies as it would on the simulated machine.
    set_host_signal(info, &touch);
    return false;
}

static void handle(int signal, siginfo_t *info, void *host) {
    if (take(signal, info, host)) return;
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal, info, host);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    } else {
        // The access is made again, and ends the process.
        struct sigaction standard = {.sa_handler = SIG_DFL};
        sigaction(SIGSEGV, &standard, NULL);
    }
}

int fl_window_install(void) {
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool installed;
    int error = 0;
    pthread_mutex_lock(&lock);
    if (!installed) {
        // A handler of another kind may interrupt neither a thread in the machine nor one that waits for it; a fault of the
        // machine itself must still be reported.
        struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
        sigfillset(&action.sa_mask);
        static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
        for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++) sigdelset(&action.sa_mask, faults[i]);
        if (sigaction(SIGSEGV, NULL, &previous) != 0 || sigaction(SIGSEGV, &action, NULL) != 0) error = errno;
        // The crash report, where it is installed later, asks first.
        if (!error) fl_fault_shim_ask_first(take);
        installed = error == 0;
    }
    pthread_mutex_unlock(&lock);
    return error;
}
