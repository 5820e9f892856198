// Code that is left where a touch of it is refused.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "CWindow.h"

typedef struct run {
    sigjmp_buf place;
    struct run *outer;
    fl_touch refused;
} run;

static _Thread_local run *innermost;

// The machine's code runs on it where the thread's own stack lies in a window, or is at its end.
#define STACK_BYTES (512ul << 10)
#define STACK_NEEDED (128ul << 10)
static pthread_key_t stack_key;
static pthread_once_t stack_once = PTHREAD_ONCE_INIT;
static _Thread_local bool has_stack;

static void free_stack(void *stack) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(stack, STACK_BYTES);
}

static void make_key(void) { pthread_key_create(&stack_key, free_stack); }

static void take_stack(void) {
    stack_t now;
    has_stack = true;
    if (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE) && now.ss_size >= STACK_NEEDED) return;
    pthread_once(&stack_once, make_key);
    void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED) return;
    // An overflow of it is a fault outside every window.
    mprotect(stack, FL_PAGE_SIZE, PROT_NONE);
    const stack_t mine = {.ss_sp = stack, .ss_size = STACK_BYTES};
    if (sigaltstack(&mine, NULL) == 0 && pthread_setspecific(stack_key, stack) == 0) return;
    munmap(stack, STACK_BYTES);
}

bool fl_window_run(void (*body)(void *), void *argument, fl_touch *refused) {
    if (!has_stack) take_stack();
    run this = {.outer = innermost};
    // The mask of signals is the handler's to put back.
    if (sigsetjmp(this.place, 0) == 0) {
        innermost = &this;
        body(argument);
        innermost = this.outer;
        return true;
    }
    innermost = this.outer;
    *refused = this.refused;
    return false;
}

#if __has_attribute(swiftcall)
typedef __attribute__((swiftcall)) void swift_body(
    __attribute__((swift_indirect_result)) void *result, void *base, __attribute__((swift_context)) void *context,
    __attribute__((swift_error_result)) void **error);

static void call_swift(void *argument) {
    fl_swift_call *const call = argument;
    ((swift_body *)call->code)(call->result, call->base, call->context, &call->error);
}

bool fl_window_run_swift(fl_swift_call *call, fl_touch *refused) { return fl_window_run(call_swift, call, refused); }
#endif

void fl_window_jump(const fl_touch *refused, const void *host) {
    run *const place = innermost;
    if (!place) return;
    place->refused = *refused;
    pthread_sigmask(SIG_SETMASK, &((const ucontext_t *)host)->uc_sigmask, NULL);
    siglongjmp(place->place, 1);
}
