// Host faults in: says which simulated frame a host fault hit, and who was at work, before the process ends.
#ifndef FAULTLINE_FAULT_SHIM_H
#define FAULTLINE_FAULT_SHIM_H

#include <stdbool.h>
#include <stdint.h>

// Installs handlers for SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE and SIGABRT, and a stack of their own for the calling thread.
// They write a report with a backtrace to standard error and then let the action happen that was there before. Calling it again
// does nothing. Returns false where the host refuses.
//
// A broken invariant of the engine traps (SIGILL, on some processors SIGTRAP): so it has a backtrace too.
bool fl_fault_shim_install(void);

// Who looks at a signal before it is reported: returns true where the program goes on. It gets the handler's three arguments. One at
// most; NULL for none.
void fl_fault_shim_ask_first(bool (*_Nullable handler)(int signal, void *_Nonnull info, void *_Nonnull context));

// Simulated RAM makes itself known, and is forgotten. The places are few (64); RAM that found none is reported as any
// other host memory.
void fl_fault_shim_watch(const void *_Nonnull base, uint64_t bytes);
void fl_fault_shim_unwatch(const void *_Nonnull base);

typedef struct fl_fault_place {
    uint64_t physical;   // the physical address that the host address stands for
    uint64_t ram_bytes;  // size of the RAM that it lies in, or right behind
    bool inside;         // false: up to 4 GiB behind its end
} fl_fault_place;

// Whether a host address belongs to simulated RAM, or lies so close behind one that a wrong frame number explains it.
bool fl_fault_shim_find(const void *_Nullable address, fl_fault_place *_Nonnull place);

#endif
