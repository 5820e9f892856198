// A frame of the stack as the unwinder goes through it, and how its caller is found without unwind information.
#ifndef FAULTLINE_CALL_CHAIN_INTERNAL_H
#define FAULTLINE_CALL_CHAIN_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct fl_frame_registers {
    uint64_t ip;  // the interrupted instruction, or the address that a call returns to
    uint64_t sp;
    uint64_t fp;
} fl_frame_registers;

// The caller of a frame whose code has no unwind information, guessed from the stack. Looks for the return address of a call that
// leads here, then at the frame pointer, then for any word that a call can have left. False where there is none.
bool fl_guess_caller(const fl_frame_registers *frame, fl_frame_registers *caller);

// The caller by the frame pointer alone.
bool fl_caller_by_frame_pointer(const fl_frame_registers *frame, fl_frame_registers *caller);

#endif
