// Programs that run under ptrace(2): started, stopped where their memory can be changed, made to do system calls.
#ifndef FAULTLINE_TRACEE_H
#define FAULTLINE_TRACEE_H

#include <stdbool.h>
#include <stdint.h>

// What waitpid(2) said of a traced thread.
typedef enum fl_stop_kind {
    FL_STOP_NONE,      // nobody has stopped
    FL_STOP_EXITED,    // `value` is the exit status
    FL_STOP_KILLED,    // `value` is the signal
    FL_STOP_SIGNAL,    // a signal is about to be delivered: `value`
    FL_STOP_NEW,       // a new thread or process is there: `value` is its number
    FL_STOP_EXEC,      // it became another program; `value` is the number that it had
    FL_STOP_TRAP,      // a stop that was asked for, or the first of a new thread
    FL_STOP_GROUP,     // job control stopped it: `value` is the signal
} fl_stop_kind;

typedef struct fl_stop {
    fl_stop_kind kind;
    int thread;
    int value;
    bool shares_memory;  // FL_STOP_NEW by vfork(2)
} fl_stop;

typedef struct fl_program {
    const char *_Nonnull path;
    char *_Nullable const *_Nonnull arguments;  // ends with NULL
    bool randomizes;                            // else ADDR_NO_RANDOMIZE
} fl_program;

// Whether a file gives privileges to who runs it (capabilities(7)).
bool fl_program_has_capabilities(const char *_Nonnull path);

// Starts a program that the calling thread traces. It has run no instruction yet, stands before its first one, and dies with its
// tracer, as do all that it starts. Returns its number, or a negative errno.
int fl_tracee_start(const fl_program *_Nonnull program);

// Takes the next stop; FL_STOP_NONE where there is none now. With `thread` 0 that of any.
fl_stop fl_tracee_next(int thread, bool waits);

// From the stop of an execve on until the thread stands before the program's first instruction. False where it is gone.
bool fl_tracee_settle(int thread);

// Lets a thread go on, with a signal (0 for none). `listens` keeps one that job control stopped.
void fl_tracee_continue(int thread, int signal, bool listens);

// Has a stopped thread make a system call by the instruction at `place`, behind which stands INT3. Its registers are as before
// afterwards. Returns the result, -errno where the kernel refuses, or -ESRCH where the thread is gone.
// A clone(2) gives the new thread's number; it stands stopped at INT3, in `place`.
int64_t fl_tracee_call(int thread, uint64_t place, uint64_t number, const uint64_t *_Nonnull arguments);

// Puts a new thread, which no one else has used yet, at an instruction with all signals blocked, and lets it go.
bool fl_tracee_launch(int thread, uint64_t rip, uint64_t rsp, uint64_t r15);

// Where a signal comes from that is about to be delivered: si_code and si_addr.
bool fl_tracee_signal(int thread, int *_Nonnull code, uint64_t *_Nonnull address);

// Has a thread stop before its next instruction (FL_STOP_TRAP). One that is on its way out ends instead. False where it is gone.
bool fl_tracee_interrupt(int thread);

// The 17 registers of a stopped thread by their DWARF numbers: 7 is the stack pointer, 16 the instruction pointer.
bool fl_tracee_registers(int thread, uint64_t *_Nonnull registers);

// Copies between this process and a stopped one's own memory. Returns the bytes that were copied.
uint64_t fl_tracee_read(int process, uint64_t address, void *_Nonnull bytes, uint64_t count);
uint64_t fl_tracee_write(int process, uint64_t address, const void *_Nonnull bytes, uint64_t count);

void fl_tracee_kill(int process);

// A descriptor that can be read when some thread has stopped or ended. SIGCHLD is blocked for it. A negative errno where there is none.
int fl_tracee_events(void);

#endif
