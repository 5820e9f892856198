#include "include/CCallChainCode.h"

#include <alloca.h>
#include <signal.h>
#include <string.h>

#define KEPT __attribute__((noinline))

// An addition behind a call keeps it from being made a jump.
static volatile int one = 1;

KEPT int ccc_leaf(volatile char *byte) {
    *byte = 1;
    return *byte;
}

KEPT int ccc_recurse(volatile char *byte, int depth) {
    const int below = depth > 0 ? ccc_recurse(byte, depth - 1) : ccc_leaf(byte);
    return below + one;
}

#ifdef __x86_64__
// A jump, whatever the optimizer thinks of it.
__attribute__((naked)) KEPT int ccc_tail(volatile char *byte) { __asm__("jmp ccc_leaf"); }
int ccc_bare(volatile char *byte);
int ccc_bare_frame(volatile char *byte);
int ccc_has_bare(void) { return 1; }
#else
KEPT int ccc_tail(volatile char *byte) { return ccc_leaf(byte); }
static int ccc_bare(volatile char *byte) { return ccc_leaf(byte); }
static int ccc_bare_frame(volatile char *byte) { return ccc_leaf(byte); }
int ccc_has_bare(void) { return 0; }
#endif

KEPT int ccc_through_bare(volatile char *byte) { return ccc_bare(byte) + one; }

KEPT int ccc_through_bare_frame(volatile char *byte) { return ccc_bare_frame(byte) + one; }

static volatile char *volatile wanted;

KEPT static void ccc_handler(int signal) {
    (void)signal;
    ccc_leaf(wanted);
    one = 1;
}

KEPT int ccc_in_handler(volatile char *byte) {
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = ccc_handler;
    wanted = byte;
    // A test's thread may have all signals blocked.
    sigset_t usual, mine;
    sigemptyset(&mine);
    sigaddset(&mine, SIGUSR1);
    pthread_sigmask(SIG_UNBLOCK, &mine, &usual);
    sigaction(SIGUSR1, &action, &before);
    raise(SIGUSR1);
    pthread_sigmask(SIG_SETMASK, &usual, NULL);
    sigaction(SIGUSR1, &before, NULL);
    return one;
}

KEPT int ccc_realigned(volatile char *byte, int bytes) {
    _Alignas(64) volatile char aligned[64];
    volatile char *room = alloca((unsigned long)bytes);
    room[0] = aligned[0] = (char)bytes;
    return ccc_leaf(byte) + room[0] + aligned[0] + one;
}
