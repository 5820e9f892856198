// Code whose call chains are known, for the tests of the unwinder.
#ifndef CCALLCHAINCODE_H
#define CCALLCHAINCODE_H

#include <stdint.h>

// Each ends in touching a byte; the address lies where a signal handler of the test catches it. Returns the byte, more or less.
int ccc_recurse(volatile char *_Nonnull byte, int depth);     // `depth` frames of ccc_recurse above each other
int ccc_tail(volatile char *_Nonnull byte);                   // jumps to ccc_leaf: its own frame is gone
int ccc_leaf(volatile char *_Nonnull byte);                   // no frame of its own
int ccc_through_bare(volatile char *_Nonnull byte);           // calls assembler without unwind information, which touches
int ccc_through_bare_frame(volatile char *_Nonnull byte);     // the same with registers pushed and a frame pointer kept
int ccc_in_handler(volatile char *_Nonnull byte);             // touches in a handler of SIGUSR1 that it raises
int ccc_realigned(volatile char *_Nonnull byte, int bytes);   // a stack that is realigned and of variable size

// Whether the assembler is built: x86-64 only.
int ccc_has_bare(void);

#endif
