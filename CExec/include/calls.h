// System calls that are made in another process's place: seccomp(2) with user notification.
#ifndef FAULTLINE_CALLS_H
#define FAULTLINE_CALLS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct fl_call {
    uint64_t id;
    int thread;
    int number;            // of x86-64; -1 for one of another instruction set
    uint64_t place;        // the instruction behind the call
    uint64_t arguments[6];
} fl_call;

// Puts the filter into a process that stands before its first instruction and has its assistant. Returns a descriptor that tells of its
// calls and of those of all that it starts, or a negative errno.
int fl_calls_watch(int process);

// Takes a call. 0, or an errno: ENOENT where the caller is gone.
int fl_calls_take(int watch, fl_call *_Nonnull call);
// Ends a call with a result, which may be -errno. False where the caller is gone.
bool fl_calls_answer(int watch, uint64_t id, int64_t result);
// Lets the kernel make the call itself.
bool fl_calls_pass(int watch, uint64_t id);

// Whether this kernel has all that is needed, and this user may use it: 0, or the errno of the first that is missing, with its name.
int fl_calls_probe(const char *_Nonnull *_Nonnull missing);

#endif
