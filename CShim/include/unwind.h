// Backtraces, with libunwind where the build has it.
#ifndef FAULTLINE_UNWIND_H
#define FAULTLINE_UNWIND_H

#include <stdbool.h>

// Whether this build has libunwind.
bool fl_unwind_available(void);

// Does beforehand what must not be done for the first time in a signal handler: libunwind's set-up, and the look for Swift's
// demangler.
void fl_unwind_prepare(void);

// Writes a backtrace to a file descriptor, a frame a line: of the code that a signal interrupted, given the handler's
// `ucontext_t`, or of the caller for NULL. Without libunwind it writes that there is none.
//
// Allocates nothing itself. libunwind reads the program's symbols through system calls; the demangler of Swift may allocate, which
// only code that is about to end the process can accept.
void fl_unwind_write(int descriptor, void *_Nullable context);

#endif
