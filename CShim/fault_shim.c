#define _GNU_SOURCE
#include "fault_shim.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "oops.h"
#include "report_text.h"

// A signal's handler has nothing but the process's own variables to look at: these are the only ones of the C core.
#define PLACES 64
static struct { _Atomic uintptr_t base; _Atomic uint64_t bytes; } watched[PLACES];

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
static const char *const names[] = {"SIGSEGV", "SIGBUS", "SIGILL", "SIGTRAP", "SIGFPE", "SIGABRT"};
#define SIGNALS (sizeof signals / sizeof signals[0])
static struct sigaction previous[SIGNALS];
static _Atomic bool installed, reporting;
static bool (*_Atomic asked_first)(int, void *, void *);
static char handler_stack[256 * 1024];

void fl_fault_shim_ask_first(bool (*handler)(int, void *, void *)) { atomic_store(&asked_first, handler); }

void fl_fault_shim_watch(const void *base, uint64_t bytes) {
    for (unsigned i = 0; i < PLACES; i++) {
        uintptr_t empty = 0;
        if (!atomic_compare_exchange_strong(&watched[i].base, &empty, (uintptr_t)base)) continue;
        atomic_store(&watched[i].bytes, bytes);
        return;
    }
}

void fl_fault_shim_unwatch(const void *base) {
    for (unsigned i = 0; i < PLACES; i++) {
        if (atomic_load(&watched[i].base) != (uintptr_t)base) continue;
        atomic_store(&watched[i].bytes, 0);
        atomic_store(&watched[i].base, 0);
        return;
    }
}

bool fl_fault_shim_find(const void *address, fl_fault_place *place) {
    bool found = false;
    for (unsigned i = 0; i < PLACES; i++) {
        const uint64_t bytes = atomic_load(&watched[i].bytes);
        const uint64_t offset = (uintptr_t)address - atomic_load(&watched[i].base);
        if (bytes == 0 || offset >= bytes + (4ull << 30)) continue;
        // Inside one RAM may be shortly behind another.
        if (found && offset >= bytes) continue;
        *place = (fl_fault_place){.physical = offset, .ram_bytes = bytes, .inside = offset < bytes};
        found = true;
        if (place->inside) return true;
    }
    return found;
}

static void put_place(fl_text *t, const void *address) {
    fl_fault_place place;
    fl_text_string(t, "host address ");
    fl_text_number(t, (uintptr_t)address, 16);
    if (!fl_fault_shim_find(address, &place)) {
        fl_text_string(t, ", not in simulated RAM\n");
        return;
    }
    fl_text_string(t, place.inside ? ", physical address " : ", behind simulated RAM: physical address ");
    fl_text_number(t, place.physical, 16);
    fl_text_string(t, " (frame ");
    fl_text_number(t, place.physical >> 12, 16);
    fl_text_string(t, ") of a machine whose frames end at ");
    fl_text_number(t, place.ram_bytes >> 12, 16);
    fl_text_string(t, "\n");
}

static void put_cause(fl_text *t, int signal, const siginfo_t *info, const ucontext_t *context) {
    if (signal == SIGILL || signal == SIGTRAP) {
        fl_text_string(t, "the program stopped itself: an invariant of the engine does not hold\n");
    } else if (signal == SIGABRT || signal == SIGFPE || info->si_code <= 0) {
        fl_text_string(t, "the program cannot go on\n");
    } else {
#if defined(__linux__) && defined(__x86_64__)
        // Bit 1 of the page fault's error code.
        fl_text_string(t, context->uc_mcontext.gregs[REG_ERR] & 2 ? "write to " : "read of ");
#else
        (void)context;
        fl_text_string(t, "access to ");
#endif
        put_place(t, info->si_addr);
    }
}

static void handle(int signal, siginfo_t *info, void *context) {
    bool (*const first)(int, void *, void *) = atomic_load(&asked_first);
    if (first && first(signal, info, context)) return;
    // Another thread ends the process; this one waits for that.
    if (atomic_exchange(&reporting, true)) for (;;) pause();
    unsigned which = 0;
    while (which < SIGNALS - 1 && signals[which] != signal) which++;
    // Should a lock that the program held keep the report from its end, the process ends all the same.
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGALRM, &standard, NULL);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    alarm(10);
    fl_text text = {0};
    fl_text_string(&text, "BUG: faultline: host ");
    fl_text_string(&text, names[which]);
    fl_text_string(&text, ": ");
    put_cause(&text, signal, info, context);
    fl_text_flush(&text, STDERR_FILENO);
    fl_oops_write(STDERR_FILENO, context);
    alarm(0);
    // The signal is blocked here: raised again, it comes when this handler has returned, with the registers as they were.
    sigaction(signal, previous[which].sa_handler == SIG_IGN ? &standard : &previous[which], NULL);
    raise(signal);
}

bool fl_fault_shim_install(void) {
    if (atomic_exchange(&installed, true)) return true;
    fl_oops_prepare();
    // A stack of its own, so that an overflow of the thread's is reported too.
    stack_t stack = {.ss_sp = handler_stack, .ss_size = sizeof handler_stack};
    bool good = sigaltstack(&stack, NULL) == 0;
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    // A quit is the user's wish, not a fault; a runtime that makes a crash report of it must not keep the program alive.
    struct sigaction quit;
    if (sigaction(SIGQUIT, NULL, &quit) == 0 && quit.sa_handler != SIG_IGN) {
        quit = (struct sigaction){.sa_handler = SIG_DFL};
        good = sigaction(SIGQUIT, &quit, NULL) == 0 && good;
    }
    for (unsigned i = 0; i < SIGNALS; i++) good = sigaction(signals[i], &action, &previous[i]) == 0 && good;
    return good;
}
