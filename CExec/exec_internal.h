// What the files of CExec share.
#ifndef FAULTLINE_EXEC_INTERNAL_H
#define FAULTLINE_EXEC_INTERNAL_H

#include <stdint.h>

#include "include/remote.h"

#define FL_ASSISTANT_MAILBOX (FL_ASSISTANT_BASE + 0x1000)
#define FL_ASSISTANT_TEXT (FL_ASSISTANT_BASE + 0x2000)

extern const uint8_t fl_assistant_code[], fl_assistant_entry[], fl_assistant_code_end[];

typedef struct fl_operation {
    uint64_t number, arguments[6];
    int64_t result;
} fl_operation;

#define FL_OPERATIONS 60

// assistant.S knows the places.
struct fl_mailbox {
    uint32_t request, done, count, assistant_sleeps, other_sleeps;
    uint32_t unused[11];
    fl_operation operations[FL_OPERATIONS];
};

// Takes a descriptor of a stopped process over and closes it there. A negative errno where that cannot be.
int fl_take_descriptor(int process, int descriptor);

// Has the assistant make calls, in their order until one fails; 0 or the errno of that one.
int fl_remote_run(fl_remote *remote, const fl_operation *operations, uint32_t count);

// Reads what userfaultfd has to say, and keeps touches for later. 0 or the errno.
int fl_remote_gather(fl_remote *remote);

#endif
