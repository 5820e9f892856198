// The report of a host fault or a broken invariant, in the form of a kernel oops.
#ifndef FAULTLINE_OOPS_H
#define FAULTLINE_OOPS_H

#include <ucontext.h>

// Looks beforehand for what must not be looked for in a signal handler.
void fl_oops_prepare(void);

// Writes all but the first line, which says what happened: where the program was, its registers, its code, its callers, the end mark.
//
// Allocates nothing itself. libunwind reads the program's symbols through system calls; the demangler of Swift may allocate, which
// only code that is about to end the process can accept.
void fl_oops_write(int descriptor, const ucontext_t *context);

#endif
