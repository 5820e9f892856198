// One step up the stack, by libunwind where the build has it.
#ifndef FAULTLINE_CALL_CHAIN_STEP_H
#define FAULTLINE_CALL_CHAIN_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "call_chain_internal.h"

#ifdef FL_WITH_LIBUNWIND
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#endif

// Whether a step follows from registers and words of the stack alone, so that it can be made again from memory.
#if defined(FL_WITH_LIBUNWIND) && defined(__x86_64__) && defined(__linux__)
#define FL_WALK_REMEMBERS 1
#else
#define FL_WALK_REMEMBERS 0
#endif

typedef struct fl_walk {
    fl_frame_registers frame;
    bool exact;         // the instruction itself, not the one that a call returns to
    bool guessed;       // the frame was found without unwind information
    uint64_t saved_fp;  // where the last step found the frame pointer; 0 where that is not known
    bool is_at_frame;   // the cursor stands at the frame
#ifdef FL_WITH_LIBUNWIND
    unw_cursor_t cursor;
    ucontext_t registers;  // of the interrupted code; the frame's are put in to begin anew from it
#endif
} fl_walk;

typedef enum fl_step {
    FL_STEP_MADE,
    FL_STEP_END,   // the outermost frame
    FL_STEP_LOST,  // there are callers, but they cannot be found
} fl_step;

// Prepares libunwind.
void fl_walk_prepare(void);

// The flags that every chain of this build has.
uint32_t fl_walk_flags(void);

// At the code that a signal interrupted. False where the host's registers are not known.
bool fl_walk_start(fl_walk *walk, const ucontext_t *context);

fl_step fl_walk_step(fl_walk *walk);

typedef struct fl_frame_name {
    char *name;
    size_t room;
    uint64_t offset;  // of the address, behind the function's start
    uint64_t size;    // of the function, in bytes; 0 where that is not known
} fl_frame_name;

// The function that an address of code lies in. False where it has no name.
bool fl_walk_name(uint64_t address, fl_frame_name *where);

#endif
