// Call chains: who called the code that a signal interrupted.
#ifndef FAULTLINE_CALL_CHAIN_H
#define FAULTLINE_CALL_CHAIN_H

#include <stdbool.h>
#include <stdint.h>

#define FL_CHAIN_MAX 128

// What is to be said of a chain.
enum {
    FL_CHAIN_GUESSED = 1,     // a caller was guessed: code without unwind information; others may be missing there
    FL_CHAIN_CUT = 2,         // callers beyond the last one are left out for want of room
    FL_CHAIN_BROKEN = 4,      // the stack could not be followed to its end
    FL_CHAIN_POINTERS = 8,    // followed by frame pointers alone: functions that keep none are missing
};

typedef struct fl_call_chain {
    uint32_t count;
    uint32_t flags;
    // From the interrupted code to the outermost caller. Each lies inside an instruction: the interrupted one's first byte, a
    // call's last byte.
    uint64_t addresses[FL_CHAIN_MAX];
    uint8_t guessed[FL_CHAIN_MAX];  // 1: found by looking at the stack, not by unwind information
} fl_call_chain;

// Whether this build has libunwind. Without it, chains are followed by frame pointers alone.
bool fl_unwind_available(void);

// Does beforehand what must not be done for the first time in a signal handler. Idempotent.
void fl_call_chain_prepare(void);

// The chain of the code that a signal interrupted, given the handler's `ucontext_t`; of the caller for NULL. At most `limit`
// addresses, and at most FL_CHAIN_MAX.
//
// Allocates nothing and takes no lock of its own; libunwind takes the loader's lock (dl_iterate_phdr), so the interrupted code may not be
// in the middle of dlopen on another thread's behalf. How the caller of an address is found is learnt from libunwind's steps; a step
// to a caller that was seen before costs a few loads then, a new one a microsecond or more.
void fl_call_chain_gather(fl_call_chain *_Nonnull chain, const void *_Nullable context, uint32_t limit);

// Forgets what was learnt; wanted when code was unloaded.
void fl_call_chain_forget(void);

// How many steps were made from memory, and how many by unwinding.
void fl_call_chain_steps(uint64_t *_Nonnull remembered, uint64_t *_Nonnull unwound);

#endif
