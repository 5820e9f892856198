// Programs of the host, stopped before their first instruction (ptrace(2)).
#ifndef FAULTLINE_EXEC_STOP_H
#define FAULTLINE_EXEC_STOP_H

#include <stdbool.h>
#include <stdint.h>

// execve failed beyond its point of no return, and the process died with SIGSEGV.
#define FL_EXEC_DIED (-4096)

typedef struct fl_exec {
    const char *_Nonnull path;
    char *_Nullable const *_Nonnull arguments;     // ends with NULL
    char *_Nullable const *_Nonnull environment;   // ends with NULL
    uint64_t stack_limit;                          // soft RLIMIT_STACK, bytes; UINT64_MAX for none
    bool randomizes;                               // else ADDR_NO_RANDOMIZE
    bool is_legacy;                                // ADDR_COMPAT_LAYOUT
} fl_exec;

// Starts a program that is traced by the calling thread and has not run an instruction yet; it dies with its tracer.
// Returns its process id, a negative errno, or FL_EXEC_DIED.
int fl_exec_stopped(const fl_exec *_Nonnull program);

// Kills it and waits until it is gone. Precondition: `pid` comes from fl_exec_stopped.
void fl_exec_kill(int pid);

#endif
